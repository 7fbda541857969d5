"""One compiled template, and how it becomes a message: properties first, then HTML and text from them alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Template

from personalization.content import inert
from personalization.content.drafts import Draft
from personalization.content.lines import Line, fill
from personalization.settings import Shop

_BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One template in one language, ready to render. digest is over everything that its messages' bytes depend on.

    properties are the declared slots with their type. html_source and text_source are what html and text were compiled
    from: slots, conditions and one loop are still open in them. sms is None where no text message is worth sending;
    copy holds every line of the copy by its key.
    """

    name: str
    program: str
    variant: str
    language: str
    properties: Mapping[str, str]
    copy: Mapping[str, Line]
    subject: Line
    preheader: Line
    sms: Line | None
    reasons: Mapping[str, Line]
    html: Template
    text: Template
    html_source: str
    text_source: str
    digest: str
    failed_rules: tuple[str, ...] = ()


def render(template: Compiled, *, subject: str, preheader: str, properties: Mapping[str, object]) -> tuple[str, str]:
    """Return a message's HTML and text; the same properties give the same bytes."""
    html = template.html.render(subject=subject, preheader=preheader, **properties)
    text = template.text.render(subject=subject, preheader=preheader, **properties)
    return html, _BLANK_LINES.sub("\n\n", text).strip() + "\n"


def hole(template: Compiled, properties: Mapping[str, object]) -> str | None:
    """Return a slot that has no value, but without which subject, preheader or text message would have a hole (R54)."""
    lines = (template.subject, template.preheader, template.sms)
    return next((slot for line in lines if line for slot in line.slots if properties[slot] is None), None)


def unsubscribe_url(shop: Shop, message_id: str) -> str:
    """Return the link that ends messages like this one; it names the message and no person.

    It is signed when the message is encoded for sending (docs/adr/0013).
    """
    address = shop.unsubscribe.url or f"{shop.brand.site_url.rstrip('/')}/unsubscribe"
    return f"{address}?m={message_id}"


def fill_properties(
    template: Compiled, outline: Draft, *, shop: Shop, first_name: str | None, message_id: str
) -> dict[str, object]:
    """Return the declared properties of a message: everything its bytes depend on besides the template."""
    slots = _word(template, outline, site_url=shop.brand.site_url)
    slots["first_name"] = inert.display_name(first_name)
    slots["support_url"] = shop.brand.support_url
    slots["unsubscribe_url"] = unsubscribe_url(shop, message_id)
    return {name: slots[name] for name in template.properties}


def _word(template: Compiled, outline: Draft, *, site_url: str) -> dict[str, object]:
    """Return the slots of a message, with reasons and chosen lines in the words of its copy."""
    lines = {slot: fill(template.copy[f"{slot}.{line.key}"], line.values) for slot, line in outline.lines.items()}
    items = [{**item, "reason": fill(template.reasons[reason.key], reason.values)} for item, reason in outline.items]
    if not items:
        return {"items": items, **lines, **outline.slots}
    first = items[0]
    title = str(first["title"])
    return {
        "title": title,
        "short_title": inert.shorten(title, length=inert.SHORT_TITLE_LENGTH),
        "reason": first["reason"],
        "items": items,
        "button_url": first["url"] or site_url,
        "has_product_link": first["url"] is not None,
        **lines,
        **outline.slots,
    }
