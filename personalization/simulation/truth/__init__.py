"""The truth beside a simulated world: who must be left alone, what the shop could know, and how everybody responds.

Imports nothing of audiences, readiness or sources: their rules are judged against it.
"""

from personalization.simulation.truth.left_alone import knowable_on, left_alone_on
from personalization.simulation.truth.parameters import RESPONSE, ResponseParameters
from personalization.simulation.truth.respond import Responses, respond, truth_lift
from personalization.simulation.truth.write import TruthReport, write_truth

__all__ = [
    "RESPONSE",
    "ResponseParameters",
    "Responses",
    "TruthReport",
    "knowable_on",
    "left_alone_on",
    "respond",
    "truth_lift",
    "write_truth",
]
