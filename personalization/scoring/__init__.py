"""Who will need what, when, and how sure that is: replenishment, affinity, ranking and repeat purchase."""

from personalization.scoring.judging import Judgement
from personalization.scoring.pool import REORDER_FEATURES
from personalization.scoring.ranker import Learned
from personalization.scoring.scores import Scores, score
from personalization.scoring.training import Trained, train

__all__ = ["REORDER_FEATURES", "Judgement", "Learned", "Scores", "Trained", "score", "train"]
