"""Postlude: post-delivery messaging that waits until delivery, returns and support can be trusted."""

__version__ = "0.1.0"
