"""Where a person decides what may leave."""

from personalization.review.approvals import Approval, ReviewedRun, approve, reject, waiting
from personalization.review.editors import last_editors

__all__ = ["Approval", "ReviewedRun", "approve", "last_editors", "reject", "waiting"]
