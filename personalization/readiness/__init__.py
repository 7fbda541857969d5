"""May marketing go out at all tonight? Checks on data and operations, each with its evidence and a verdict."""

from personalization.readiness.checks import CHECKS, Check, Direction, Unit, limits_of
from personalization.readiness.gate import ProgramReadiness, Readiness, check_readiness
from personalization.readiness.replay import changes_text, replay
from personalization.readiness.rules import Rules
from personalization.readiness.table import SCHEMA, readiness_table_text
from personalization.readiness.verdict import Judgement, after_hysteresis, business_hours, interval_of, verdict_of

__all__ = [
    "CHECKS",
    "SCHEMA",
    "Check",
    "Direction",
    "Judgement",
    "ProgramReadiness",
    "Readiness",
    "Rules",
    "Unit",
    "after_hysteresis",
    "business_hours",
    "changes_text",
    "check_readiness",
    "interval_of",
    "limits_of",
    "readiness_table_text",
    "replay",
    "verdict_of",
]
