"""Where results live: the run folder on disk and the state database."""
