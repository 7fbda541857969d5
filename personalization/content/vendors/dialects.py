"""How five email services write a slot, a condition and a loop in their own template language.

Sources, by vendor: Klaviyo's Django glossary of tags and filters; Braze's and Customer.io's Liquid references;
SendGrid's Handlebars reference; Mailchimp Transactional's merge language, in which conditions may be nested.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

MERGE_TAG_LENGTH = 10  # Mailchimp: the longest name of a merge field


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The words around what is shown only sometimes."""

    opens: str
    otherwise: str
    closes: str


class Show(Protocol):
    """Writes a slot."""

    def __call__(self, slot: str, *, is_html: bool) -> str:
        """Return the expression that prints *slot*, escaped for HTML or not at all."""


class When(Protocol):
    """Writes a condition."""

    def __call__(self, slot: str, *, is_flag: bool) -> Condition:
        """Return the words around what is shown when *slot* is filled; a flag is true or false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One vendor's template language.

    Slots are named as the properties are; within the loop those of an item are ``item.<field>``. loop is None where
    the language cannot repeat, and items are written out one by one, as ``item1.<field>`` and so on. preparation stands
    at the start of every file. unsubscribe is the vendor's own link; where is where a marketer pastes the files.
    """

    title: str
    show: Show
    when: When
    loop: tuple[str, str] | None
    unsubscribe: str
    where: str
    preparation: Callable[[Iterable[str]], str] = lambda _: ""


def _django_path(slot: str) -> str:
    return slot if slot.startswith("item.") else f"event.{slot}"


def _django_show(slot: str, *, is_html: bool) -> str:
    return f"{{{{ {_django_path(slot)}|{'escape' if is_html else 'safe'} }}}}"


def _django_when(slot: str, *, is_flag: bool) -> Condition:  # noqa: ARG001 - what is false is no
    return Condition(opens=f"{{% if {_django_path(slot)} %}}", otherwise="{% else %}", closes="{% endif %}")


def _liquid_show(slot: str, *, is_html: bool) -> str:
    return f"{{{{ {slot}{' | escape' if is_html else ''} }}}}"


def _liquid_when(slot: str, *, is_flag: bool) -> Condition:
    # In Liquid only nil and false are no: empty text and an empty list are blank, which nil is not everywhere.
    test = slot if is_flag else f"{slot} and {slot} != blank"
    return Condition(opens=f"{{% if {test} %}}", otherwise="{% else %}", closes="{% endif %}")


def _braze_names(slots: Iterable[str]) -> str:
    return "".join(f"{{% assign {slot} = {{{{event_properties.${{{slot}}}}}}} %}}" for slot in slots)


def _customerio_names(slots: Iterable[str]) -> str:
    return "".join(f"{{% assign {slot} = event.{slot} %}}" for slot in slots)


def _handlebars_path(slot: str) -> str:
    return slot.replace("item.", "this.", 1) if slot.startswith("item.") else slot


def _handlebars_show(slot: str, *, is_html: bool) -> str:
    return f"{{{{{_handlebars_path(slot)}}}}}" if is_html else f"{{{{{{{_handlebars_path(slot)}}}}}}}"


def _handlebars_when(slot: str, *, is_flag: bool) -> Condition:  # noqa: ARG001 - what is false is no
    return Condition(opens=f"{{{{#if {_handlebars_path(slot)}}}}}", otherwise="{{else}}", closes="{{/if}}")


def merge_tag(slot: str) -> str:
    """Return the name of the merge field that holds a slot, such as ``ITEM2PRICE`` for ``item2.price``."""
    return slot.replace("_", "").replace(".", "").upper()[:MERGE_TAG_LENGTH]


def _merge_show(slot: str, *, is_html: bool) -> str:  # noqa: ARG001 - merge tags know one way only
    return f"*|{merge_tag(slot)}|*"


def _merge_when(slot: str, *, is_flag: bool) -> Condition:  # noqa: ARG001 - what is false is no
    # A list is there when its first item is.
    tag = merge_tag("item1.title" if slot == "items" else slot)
    return Condition(opens=f"*|IF:{tag}|*", otherwise="*|ELSE:|*", closes="*|END:IF|*")


DIALECTS: dict[str, Dialect] = {
    "klaviyo": Dialect(
        title="Klaviyo",
        show=_django_show,
        when=_django_when,
        loop=("{% for item in event.items %}", "{% endfor %}"),
        unsubscribe="{% unsubscribe_link %}",
        where="Content, Templates, Create, HTML: paste body.html and body.txt. The subject goes into the email of the "
        "flow that the event starts. Klaviyo reads the properties from that event.",
    ),
    "braze": Dialect(
        title="Braze",
        show=_liquid_show,
        when=_liquid_when,
        loop=("{% for item in items %}", "{% endfor %}"),
        unsubscribe="{{${set_user_to_unsubscribed_url}}}",
        where="Campaigns, Email, HTML editor: paste body.html, body.txt as the plain text, and the subject. The "
        "campaign is started by the custom event that carries the properties.",
        preparation=_braze_names,
    ),
    "customerio": Dialect(
        title="Customer.io",
        show=_liquid_show,
        when=_liquid_when,
        loop=("{% for item in items %}", "{% endfor %}"),
        unsubscribe="{% unsubscribe_url %}",
        where="The email of the campaign that the event starts, code editor: paste body.html, body.txt as the plain "
        "text, and the subject.",
        preparation=_customerio_names,
    ),
    "sendgrid": Dialect(
        title="SendGrid",
        show=_handlebars_show,
        when=_handlebars_when,
        loop=("{{#each items}}", "{{/each}}"),
        unsubscribe="<%asm_group_unsubscribe_raw_url%>",
        where="Email API, Dynamic Templates, Add Version, Code Editor: paste body.html; body.txt under Plain Content; "
        "the subject under Settings. example.json is test data. Mails need an unsubscribe group.",
    ),
    "mailchimp": Dialect(
        title="Mailchimp",
        show=_merge_show,
        when=_merge_when,
        loop=None,
        unsubscribe="*|UNSUB|*",
        where="Templates, Code your own, Paste in code: body.html. Mailchimp's merge tags cannot repeat a block, so "
        "up to four items are written out, each in merge fields of its own (ITEM1TITLE, ITEM1PRICE and so on), whose "
        "names have ten characters at most and which hold 255. Blocks lie inside one another: Mailchimp Transactional "
        "documents that this works; try a campaign in the preview before you rely on it.",
    ),
}
