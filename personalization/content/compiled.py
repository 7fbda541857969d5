"""One compiled template, and how it becomes a message: properties first, then HTML and text from them alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Template

from personalization.content import context, inert
from personalization.content.lines import Line
from personalization.settings import Shop

_BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One template in one language, ready to render. digest is over everything that its messages' bytes depend on."""

    name: str
    program: str
    variant: str
    language: str
    properties: tuple[str, ...]
    subject: Line
    preheader: Line
    reasons: Mapping[str, Line]
    html: Template
    text: Template
    digest: str
    failed_rules: tuple[str, ...] = ()


def render(template: Compiled, *, subject: str, preheader: str, properties: Mapping[str, object]) -> tuple[str, str]:
    """Return a message's HTML and text; the same properties give the same bytes."""
    html = template.html.render(subject=subject, preheader=preheader, **properties)
    text = template.text.render(subject=subject, preheader=preheader, **properties)
    return html, _BLANK_LINES.sub("\n\n", text).strip() + "\n"


def unsubscribe_url(shop: Shop, message_id: str) -> str:
    """Return the link that ends messages like this one; it names the message and no person.

    It is signed when the message is encoded for sending (docs/adr/0012).
    """
    address = shop.unsubscribe.url or f"{shop.brand.site_url.rstrip('/')}/unsubscribe"
    return f"{address}?m={message_id}"


def fill_properties(
    template: Compiled, outline: context.Draft, *, shop: Shop, first_name: str | None, message_id: str
) -> dict[str, object]:
    """Return the declared properties of a message: everything its bytes depend on besides the template."""
    slots = context.word(outline, template.reasons, site_url=shop.brand.site_url)
    slots["first_name"] = inert.display_name(first_name)
    slots["support_url"] = shop.brand.support_url
    slots["unsubscribe_url"] = unsubscribe_url(shop, message_id)
    return {name: slots[name] for name in template.properties}
