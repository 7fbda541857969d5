"""Who will need what, when, and how sure that is: replenishment, affinity, ranking and repeat purchase."""

from personalization.scoring.scores import Scores, score

__all__ = ["Scores", "score"]
