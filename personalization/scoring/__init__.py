"""Who will need what, when, and how sure that is: replenishment, affinity, ranking and repeat purchase."""

from personalization.scoring.features import FEATURES
from personalization.scoring.ranker import Ranker
from personalization.scoring.scores import Scores, score
from personalization.scoring.training import Judgement, Trained, train

__all__ = ["FEATURES", "Judgement", "Ranker", "Scores", "Trained", "score", "train"]
