"""One message: the decision's facts in the words of its template, or why it must be withheld."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from personalization.content import lint
from personalization.content.compiled import Compiled, fill_properties, hole
from personalization.content.drafts import BRIEFS, FALLBACK_TYPE, Case, Choice, Draft
from personalization.content.inert import display_name
from personalization.content.lines import fill_plain
from personalization.content.sampling import Sample, note
from personalization.content.shelf import Shelf
from personalization.content.sms import MOST_PARTS, parts_of, write_sms
from personalization.content.templates import Templates
from personalization.content.wording import Tongue, choose_tongue
from personalization.settings import Shop

CHANNEL = "email"
BESIDE_SLOTS = ("locale", "sms_text", "choices")  # of the properties, what no template shows
_to_json = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every message of the night is written with."""

    shop: Shop
    templates: Templates
    shelf: Shelf
    merged: Mapping[tuple[str, str], tuple[Mapping[str, Any], ...]]
    sample: Sample
    counted: Counter[tuple[str, str]]
    chosen: Counter[tuple[str, tuple[Choice, ...]]]


def message_id_of(shop: str, *, program: str, customer_id: str, channel: str, subject: str) -> str:
    """Return the id of a message: the same on every night for the same reminder, SHA-256 in hexadecimal."""
    return hashlib.sha256(f"{shop}\x1f{program}\x1f{customer_id}\x1f{channel}\x1f{subject}".encode()).hexdigest()


def write_message(decision: Mapping[str, Any], desk: Desk, *, row: int) -> tuple[Any, ...] | str:
    """Return one row of the message table, or the reason why the message is withheld."""
    program, shop, send_at = decision["program"], desk.shop, decision["send_at"]
    if program not in BRIEFS:
        return "no_template"
    if send_at is None:
        return "no_send_at"
    tongue = choose_tongue(decision["locale"], shop_locale=shop.locale, languages=desk.templates.languages)
    customer_id, subject_of = decision["customer_id"], decision["subject"]
    case = Case(
        facts=json.loads(decision["facts"]),
        merged=desk.merged.get((customer_id, program), ()),
        tongue=tongue,
        sent_on=_local_day(send_at, shop.timezone),
    )
    outline = BRIEFS[program].draft(case, desk.shelf)
    if isinstance(outline, str):
        return outline
    template = desk.templates.find(program, outline.variant, tongue.language)
    if template is None:
        return "no_template"
    if template.failed_rules:
        return f"lint:{template.failed_rules[0]}"
    message_id = message_id_of(shop.name, program=program, customer_id=customer_id, channel=CHANNEL, subject=subject_of)
    first_name = display_name(decision["first_name"])
    slots = fill_properties(template, outline, shop=shop, first_name=first_name, message_id=message_id)
    missing = hole(template, slots)
    if missing is not None:
        return f"no_value:{missing}"
    subject, preheader = fill_plain(template.subject, slots), fill_plain(template.preheader, slots)
    sms = write_sms(template.sms, slots) if template.sms is not None else None
    parts = parts_of(sms).count if sms is not None else 0
    choices = BRIEFS[program].choices(outline)
    if template.variant == FALLBACK_TYPE:  # a type that has no template of its own was written with neutral words
        choices = tuple(_neutral(choice) if choice.block == "steps" else choice for choice in choices)
    desk.chosen[program, choices] += 1
    beside: dict[str, object] = {"locale": tongue.locale, "choices": [choice._asdict() for choice in choices]}
    if sms is not None and parts <= MOST_PARTS:
        beside["sms_text"] = sms
    properties = _to_json({**slots, **beside, "template": template.digest})
    digest = f"{CHANNEL}\x1f{subject}\x1f{preheader}\x1f{properties}\x1f{template.digest}"
    broken = lint.lint_subject(subject) + ("sms_length",) * (parts > 1) + ("item_left_out",) * bool(outline.left_out)
    for rule in broken:
        desk.counted[rule, f"{template.name}/{template.language}"] += 1
    _note(desk, template, outline, row=row, message_id=message_id, tongue=tongue, name=first_name)
    return (
        message_id,
        customer_id,
        program,
        template.variant,
        CHANNEL,
        decision["order_id"],
        tongue.locale,
        send_at,
        send_at + timedelta(hours=shop.export.window_hours),
        subject,
        preheader,
        properties,
        None,
        None,
        hashlib.sha256(digest.encode()).hexdigest(),
        subject_of,
        sum(bool(choice.facts) for choice in choices),
    )


def _neutral(choice: Choice) -> Choice:
    return choice._replace(chosen=FALLBACK_TYPE, facts=())


def _note(
    desk: Desk,
    template: Compiled,
    outline: Draft,
    *,
    row: int,
    message_id: str,
    tongue: Tongue,
    name: str | None,
) -> None:
    """Consider a message for the review sample."""
    items = [item for item, _ in outline.items]
    traits = {
        "longest_title": max([len(item["title"] or "") for item in items], default=0),
        "no_picture": [item["image_url"] for item in items].count(None),
        "no_price": [item["price"] for item in items].count(None),
        "no_first_name": int(name is None),
    }
    note(
        desk.sample, (template.program, template.variant, tongue.locale), row=row, message_id=message_id, traits=traits
    )


@lru_cache(maxsize=10_000)
def _local_day(instant: datetime, timezone: str) -> date:
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()
