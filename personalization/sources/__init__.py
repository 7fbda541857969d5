"""Where the canonical tables come from: the contract, the snapshot of the data folder, an import per system."""
