"""Content: what each person reads, rendered from the decisions of the night."""

from personalization.content.render import Rendered, render_again, render_messages
from personalization.content.templates import Templates, load_templates
from personalization.content.touchpoints import told_next_steps
from personalization.content.writing import message_id_of

__all__ = [
    "Rendered",
    "Templates",
    "load_templates",
    "message_id_of",
    "render_again",
    "render_messages",
    "told_next_steps",
]
