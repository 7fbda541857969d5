"""The desk behind the review page: what a shop's runs, snapshots and state database say, in words for people.

Like ``morning``, this is where reading, pure code and writing meet.
"""

from personalization.reviewing.desk import ShopDesk
from personalization.reviewing.serving import add_reviewer, serve

__all__ = ["ShopDesk", "add_reviewer", "serve"]
