"""The app behind the unsubscribe links: a page with one button, and the one click of mail programs (RFC 8058)."""

from personalization.unsubscribe.app import make_app, serve

__all__ = ["make_app", "serve"]
