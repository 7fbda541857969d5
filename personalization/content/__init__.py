"""Content: what each person reads, rendered from the decisions of the night."""

from personalization.content.definitions import read_definition
from personalization.content.render import Rendered, render_again, render_messages, sms_of
from personalization.content.templates import Templates, load_templates
from personalization.content.touchpoints import told_next_steps
from personalization.content.trials import try_example
from personalization.content.writing import message_id_of

__all__ = [
    "Rendered",
    "Templates",
    "load_templates",
    "message_id_of",
    "read_definition",
    "render_again",
    "render_messages",
    "sms_of",
    "told_next_steps",
    "try_example",
]
