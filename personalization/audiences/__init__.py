"""Audiences: from scores to a decision, with its reasons, for everyone that a segment contains."""

from personalization.audiences.build import Audience, build_decisions, build_members
from personalization.audiences.explain import explain
from personalization.audiences.fields import field_reference
from personalization.audiences.preview import Preview, preview_segment, preview_text
from personalization.audiences.reasons import REASONS, Reason, reason_of, reason_reference
from personalization.audiences.segments import Segment, load_segments

__all__ = [
    "REASONS",
    "Audience",
    "Preview",
    "Reason",
    "Segment",
    "build_decisions",
    "build_members",
    "explain",
    "field_reference",
    "load_segments",
    "preview_segment",
    "preview_text",
    "reason_of",
    "reason_reference",
]
