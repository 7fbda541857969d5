"""A compiled template in an email service's own language: the same words, filled from the same properties."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from personalization.content import inert
from personalization.content.compiled import Compiled
from personalization.content.drafts import MOST_ITEMS
from personalization.content.lines import Line, fill
from personalization.content.templates import message_environment
from personalization.content.vendors.dialects import Dialect, merge_tag


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorTemplate:
    """What a marketer pastes into the ESP."""

    subject: str
    preheader: str
    html: str
    text: str
    sms: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """One part that is being translated: HTML or text."""

    template: Compiled
    dialect: Dialect
    is_html: bool


def translate(template: Compiled, dialect: Dialect) -> VendorTemplate:
    """Return *template* in the language of *dialect*; everything foreign is escaped there as it is here."""
    html = _Page(template=template, dialect=dialect, is_html=True)
    text = _Page(template=template, dialect=dialect, is_html=False)
    names = dialect.preparation([slot for slot in template.properties if slot != "unsubscribe_url"])
    return VendorTemplate(
        subject=dialect.preparation(dict.fromkeys(template.subject.slots)) + _line(template.subject, text),
        preheader=dialect.preparation(dict.fromkeys(template.preheader.slots)) + _line(template.preheader, text),
        html=names + _body(template.html_source, html),
        text=names + _body(template.text_source, text),
        sms=dialect.preparation(["sms_text"]) + dialect.show("sms_text", is_html=False),
    )


def merge_fields(properties: Mapping[str, Any]) -> dict[str, str]:
    """Return a message's properties as Mailchimp's merge fields, the items one by one; what is not there is empty."""
    fields = {merge_tag(slot): _field(value) for slot, value in properties.items() if not isinstance(value, list)}
    for number, item in enumerate(properties.get("items", ()), start=1):
        fields.update({merge_tag(f"item{number}.{name}"): _field(value) for name, value in item.items()})
    return fields


def _field(value: object) -> str:
    return "" if value is None or value is False else str(value)


def _body(source: str, page: _Page) -> str:
    parsed = message_environment(is_html=page.is_html).parse(source)
    return _all(parsed.body, page, item="item") + "\n"


def _all(found: Sequence[nodes.Node], page: _Page, *, item: str) -> str:
    return "".join(_WRITERS[type(node)](node, page, item) for node in found)


def _output(node: nodes.Output, page: _Page, item: str) -> str:
    return "".join(
        part.data if isinstance(part, nodes.TemplateData) else _shown(_slot(part, item), page) for part in node.nodes
    )


def _shown(slot: str, page: _Page) -> str:
    if slot in {"subject", "preheader"}:  # the ESP is given the values, not the lines made of them
        return _line(page.template.subject if slot == "subject" else page.template.preheader, page)
    if slot == "unsubscribe_url":
        return page.dialect.unsubscribe
    return page.dialect.show(slot, is_html=page.is_html)


def _line(line: Line, page: _Page) -> str:
    words = Line(str(inert.html(line.pattern)), line.slots) if page.is_html else line
    return fill(words, {slot: _shown(slot, page) for slot in line.slots})


def _if(node: nodes.If, page: _Page, item: str) -> str:
    is_negated = isinstance(node.test, nodes.Not)
    slot = _slot(node.test.node if isinstance(node.test, nodes.Not) else node.test, item)
    around = page.dialect.when(slot, is_flag=page.template.properties.get(slot) == "flag")
    then, otherwise = _all(node.body, page, item=item), _all([*node.elif_, *node.else_], page, item=item)
    if is_negated:
        then, otherwise = otherwise, then
    return around.opens + then + (around.otherwise + otherwise if otherwise else "") + around.closes


def _for(node: nodes.For, page: _Page, _: str) -> str:
    if page.dialect.loop is not None:
        opens, closes = page.dialect.loop
        return opens + _all(node.body, page, item="item") + closes
    written = []
    for number in range(1, MOST_ITEMS + 1):
        around = page.dialect.when(f"item{number}.title", is_flag=False)
        written.append(around.opens + _all(node.body, page, item=f"item{number}") + around.closes)
    return "".join(written)


def _slot(node: nodes.Node, item: str) -> str:
    """Return the name of a slot: grammar.py has seen to it that there is nothing but slots and fields of an item."""
    return f"{item}.{node.attr}" if isinstance(node, nodes.Getattr) else str(getattr(node, "name"))  # noqa: B009


_WRITERS: Mapping[type[nodes.Node], Callable[..., str]] = {nodes.Output: _output, nodes.If: _if, nodes.For: _for}
