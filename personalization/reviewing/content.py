"""What people would read: the review sample, single messages, and what the lint found."""

import json
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import pyarrow.parquet as pq

from personalization import content
from personalization.errors import WrongUse
from personalization.review.desk import Content, MessageLine
from personalization.reviewing.night import OpenNight
from personalization.reviewing.words import plain, program_title
from personalization.store.run_folder import MESSAGES
from personalization.warehouse import rows_where

_SHOWN = [
    *("message_id", "customer_id", "program", "variant", "locale"),
    *("subject", "preheader", "send_at", "text", "properties"),
]
_UNTOLD = ("template", "locale", "unsubscribe_url")  # not said to the reader as such
_SEVERITIES = {"fail": "keeps messages back", "warn": "worth a look"}


def content_page(night: OpenNight, program: str) -> Content:
    """Return the review sample of a program, or of all."""
    sample = rows_where(night.path(MESSAGES), "html IS NOT NULL", columns=_SHOWN)
    rows = sorted(sample, key=itemgetter("program", "variant", "locale", "message_id"))
    names = list(dict.fromkeys(row["program"] for row in rows))
    chosen = program or (names[0] if names else "")
    lint = night.table("lint.parquet").to_pylist()
    return Content(
        programs=tuple((name, program_title(name)) for name in names),
        messages=tuple(message_line(row) for row in rows if row["program"] == chosen),
        total=pq.read_metadata(night.path(MESSAGES)).num_rows,
        lint=tuple(
            (
                row["template"],
                _SEVERITIES.get(row["severity"], row["severity"]),
                f"{plain(row['rule'])}: {row['detail']}",
            )
            for row in lint
        ),
    )


def messages_of(night: OpenNight, *, customer_id: str) -> tuple[MessageLine, ...]:
    """Return a customer's messages of the night."""
    found = rows_where(night.path(MESSAGES), "customer_id = $id", columns=_SHOWN, id=customer_id)
    return tuple(message_line(row) for row in found)


def messages_named(night: OpenNight, message_ids: frozenset[str]) -> tuple[MessageLine, ...]:
    """Return the messages with these ids, those that the night has."""
    if not message_ids:
        return ()
    named = "list_contains($ids, message_id)"
    found = rows_where(night.path(MESSAGES), named, columns=_SHOWN, ids=sorted(message_ids))
    return tuple(message_line(row) for row in found)


def message_html(night: OpenNight, message_id: str) -> str:
    """Return a message's HTML: the one kept for review, else rendered again to the same bytes."""
    rows = rows_where(night.path(MESSAGES), "message_id = $id", id=message_id)
    if not rows:
        raise WrongUse("This night has no such message.")
    if rows[0]["html"] is not None:
        return str(rows[0]["html"])
    templates = content.load_templates(night.shop.root / "templates", night.shop)
    html, _ = content.render_again(rows[0], templates=templates)
    return html


def message_line(row: Mapping[str, Any]) -> MessageLine:
    """Return a row of the message table as it is shown."""
    return MessageLine(
        message_id=row["message_id"],
        customer_id=row["customer_id"],
        program=program_title(row["program"]),
        variant=plain(row["variant"]),
        locale=row["locale"],
        subject=row["subject"],
        preheader=row["preheader"],
        send_at=f"{row['send_at']:%Y-%m-%d %H:%M} UTC",
        text=row["text"] or "",
        facts=_facts(json.loads(row["properties"])),
    )


def _facts(properties: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return what a message says, name by name; of a list one line each."""
    found = []
    for name, value in properties.items():
        if name in _UNTOLD or value in (None, "", []):
            continue
        if isinstance(value, list):
            found += [(f"{plain(name)} {number}", _one(item)) for number, item in enumerate(value, start=1)]
        else:
            found.append((plain(name), _one(value)))
    return tuple(found)


def _one(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key.replace('_', ' ')}: {of}" for key, of in value.items() if of not in (None, ""))
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
