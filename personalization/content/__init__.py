"""Content: what each person reads, rendered from the decisions of the night."""

from personalization.content.render import Rendered, message_id_of, render_again, render_messages
from personalization.content.templates import Templates, load_templates

__all__ = ["Rendered", "Templates", "load_templates", "message_id_of", "render_again", "render_messages"]
