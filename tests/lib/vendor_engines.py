"""Stand-ins for the template engines of email services, each fed as the service feeds its own."""

import html
import re
from typing import Any

import liquid
from django.conf import settings
from django.template import Context, Engine
from pyhandlebars import Template as Handlebars

from personalization.content.vendors import DIALECTS, merge_fields

_BRAZE_PROPERTY = re.compile(r"\{\{event_properties\.\$\{(\w+)\}\}\}")
_TAG = re.compile(r"\*\|(?:(IF|END):)?(\w+|ELSE:)\|\*")

if not settings.configured:
    settings.configure(USE_I18N=False)


def rendered(vendor: str, source: str, properties: dict[str, Any]) -> str:
    """Return what the vendor's engine makes of *source*; its own unsubscribe link becomes the message's."""
    own_link = DIALECTS[vendor].unsubscribe
    source = source.replace(own_link, str(properties.get("unsubscribe_url", "")))
    return _ENGINES[vendor](source, properties)


def readable(text: str) -> str:
    """Return *text* with entities resolved and white space as one blank: what a reader sees, however it is escaped."""
    return " ".join(html.unescape(html.unescape(text)).split())


def _klaviyo(source: str, properties: dict[str, Any]) -> str:
    return Engine().from_string(source).render(Context({"event": properties}))


def _braze(source: str, properties: dict[str, Any]) -> str:
    return liquid.render(_BRAZE_PROPERTY.sub(r"event_properties.\1", source), event_properties=properties)


def _customerio(source: str, properties: dict[str, Any]) -> str:
    return liquid.render(source, event=properties)


def _sendgrid(source: str, properties: dict[str, Any]) -> str:
    return Handlebars(source).format(properties)


def _mailchimp(source: str, properties: dict[str, Any]) -> str:
    """Merge tags as Mailchimp documents them: a field, IF on a field that is filled, ELSE, END, one inside another."""
    fields, written, shown, place = merge_fields(properties), [], [True], 0
    for tag in _TAG.finditer(source):
        if all(shown):
            written.append(source[place : tag.start()])
        place = tag.end()
        if tag[1] == "IF":
            shown.append(bool(fields.get(tag[2])))
        elif tag[1] == "END":
            shown.pop()
        elif tag[2] == "ELSE:":
            shown[-1] = not shown[-1]
        elif all(shown):
            written.append(fields.get(tag[2], ""))
    assert shown == [True]
    return "".join([*written, source[place:]])


_ENGINES = {
    "klaviyo": _klaviyo,
    "braze": _braze,
    "customerio": _customerio,
    "sendgrid": _sendgrid,
    "mailchimp": _mailchimp,
}
