"""From decisions to messages: subject, preheader and properties for all, HTML and text for a review sample.

Each message's properties hold every value of its slots, so that HTML and text render again to the same bytes.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from personalization.content import lint
from personalization.content.compiled import render
from personalization.content.drafts import Choice
from personalization.content.guide import guide_of
from personalization.content.sampling import Sample, chosen_rows
from personalization.content.shelf import Product, Shelf
from personalization.content.templates import Templates, load_templates
from personalization.content.writing import BESIDE_SLOTS, Desk, write_message
from personalization.errors import ConfigurationInvalid
from personalization.records import DecisionVerdict
from personalization.settings import Shop

_INSTANT = pa.timestamp("us")
_MESSAGES = pa.schema(
    [
        ("message_id", pa.string()),
        ("customer_id", pa.string()),
        ("program", pa.string()),
        ("variant", pa.string()),
        ("channel", pa.string()),
        ("order_id", pa.string()),
        ("locale", pa.string()),
        ("send_at", _INSTANT),
        ("expires_at", _INSTANT),
        ("subject", pa.string()),
        ("preheader", pa.string()),
        ("properties", pa.string()),
        ("html", pa.string()),
        ("text", pa.string()),
        ("digest", pa.string()),
        ("decision_subject", pa.string()),
        ("own_blocks", pa.int64()),
    ]
)
_CHOICES = pa.schema(
    [
        *((name, pa.string()) for name in ("program", "block", "chosen")),
        ("facts", pa.list_(pa.string())),
        ("messages", pa.int64()),
    ]
)
_WITHHELD = pa.schema([(name, pa.string()) for name in ("customer_id", "program", "subject", "reason")])
_ROWS_A_CHUNK = 20_000  # our choice: bounds the Python objects alive at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The messages of a night, what the lint found, and which decisions could not be worded truthfully and why.

    choices says what was chosen for how many messages, by program and block, and on which of the persons' own facts.
    """

    messages: pa.Table
    lint: pa.Table
    withheld: pa.Table
    choices: pa.Table


def render_messages(
    decisions: pa.Table,
    *,
    products: pa.Table,
    customers: pa.Table,
    shop: Shop,
    templates: Path,
    sample_per_variant: int = 5,
) -> Rendered:
    """Return the messages of the decisions with verdict send; each of them becomes a message or is withheld.

    html and text are kept for at most *sample_per_variant* messages per program, variant and locale.
    """
    loaded = load_templates(templates, shop)
    shelf = Shelf(
        products=_catalogue(products),
        currency=shop.currency,
        site_url=shop.brand.site_url,
        hosts=loaded.hosts,
        guide=guide_of(shop),
    )
    desk = Desk(
        shop=shop,
        templates=loaded,
        shelf=shelf,
        merged=_merged_facts(decisions),
        sample=Sample(size=sample_per_variant),
        counted=Counter(),
        chosen=Counter(),
    )
    due = _due(decisions, customers)
    messages, withheld = _write_all(due, desk)
    if len(messages) + len(withheld) != len(due):
        raise AssertionError(f"{len(due)} decisions to send, but {len(messages)} messages and {len(withheld)} withheld")
    messages = _with_review_sample(messages, desk)
    return Rendered(
        messages=messages,
        lint=lint.lint_table(loaded.findings, desk.counted),
        withheld=withheld,
        choices=_choices_table(desk.chosen),
    )


def render_again(message: Mapping[str, Any], *, templates: Templates) -> tuple[str, str]:
    """Return the HTML and text of a row of the message table, byte for byte as they were.

    Raises ConfigurationInvalid where the template has changed since the message was written.
    """
    language = str(message["locale"]).split("_")[0]
    template = templates.find(message["program"], message["variant"], language)
    properties = json.loads(message["properties"])
    if template is None or template.digest != properties.pop("template"):
        name = f"{message['program']}/{message['variant']}"
        raise ConfigurationInvalid(f"templates/{name}: has changed since the message was written; run the night again")
    for name in BESIDE_SLOTS:
        properties.pop(name, None)
    return render(template, subject=message["subject"], preheader=message["preheader"], properties=properties)


def sms_of(message: Mapping[str, Any]) -> str | None:
    """Return the text message of a row of the message table, where it has one."""
    sms: str | None = json.loads(message["properties"]).get("sms_text")
    return sms


def _due(decisions: pa.Table, customers: pa.Table) -> pa.Table:
    """Return the decisions to send in a total order, with the customer's first name and locale."""
    sending = decisions.filter(pc.equal(decisions["verdict"], DecisionVerdict.SEND.value))
    due = sending.select(["customer_id", "program", "subject", "order_id", "send_at", "facts"])
    due = due.sort_by([("customer_id", "ascending"), ("program", "ascending"), ("subject", "ascending")])
    rows = pc.index_in(due["customer_id"], value_set=customers["customer_id"].combine_chunks())
    for name in ("first_name", "locale"):
        has_column = name in customers.column_names
        values = pc.take(customers[name], rows) if has_column else pa.nulls(len(due), pa.string())
        due = due.append_column(name, values)
    return due


def _catalogue(products: pa.Table) -> dict[str, Product]:
    names = ("title", "price_cents", "currency", "image_url", "url", "is_in_stock", "status")
    columns = [
        products[name].to_pylist() if name in products.column_names else [None] * len(products) for name in names
    ]
    rows = zip(products["sku"].to_pylist(), *columns, strict=True)
    return {sku: Product(**dict(zip(names, values, strict=True))) for sku, *values in rows}


def _merged_facts(decisions: pa.Table) -> dict[tuple[str, str], tuple[Mapping[str, Any], ...]]:
    """Return the facts of merged decisions by customer and program, in the order of their subjects."""
    rows = decisions.filter(pc.equal(decisions["verdict"], DecisionVerdict.MERGED.value))
    rows = rows.select(["customer_id", "program", "subject", "facts"])
    rows = rows.sort_by([("customer_id", "ascending"), ("program", "ascending"), ("subject", "ascending")])
    merged: dict[tuple[str, str], tuple[Mapping[str, Any], ...]] = {}
    for customer_id, program, _, facts in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        merged[customer_id, program] = (*merged.get((customer_id, program), ()), json.loads(facts))
    return merged


def _write_all(due: pa.Table, desk: Desk) -> tuple[pa.Table, pa.Table]:
    messages, withheld, row = [], [], 0
    for start in range(0, len(due), _ROWS_A_CHUNK):
        written: list[tuple[Any, ...]] = []
        kept_back: list[tuple[str, str, str, str]] = []
        for decision in _rows(due.slice(start, _ROWS_A_CHUNK)):
            message = write_message(decision, desk, row=row)
            if isinstance(message, str):
                kept_back.append((decision["customer_id"], decision["program"], decision["subject"], message))
            else:
                written.append(message)
                row += 1
        messages.append(_table(written, _MESSAGES))
        withheld.append(_table(kept_back, _WITHHELD))
    return (
        pa.concat_tables(messages) if messages else _MESSAGES.empty_table(),
        pa.concat_tables(withheld) if withheld else _WITHHELD.empty_table(),
    )


def _rows(chunk: pa.Table) -> Iterator[dict[str, Any]]:
    names = chunk.column_names
    for values in zip(*(column.to_pylist() for column in chunk.columns), strict=True):
        yield dict(zip(names, values, strict=True))


def _with_review_sample(messages: pa.Table, desk: Desk) -> pa.Table:
    """Return the messages with HTML and text for the review sample."""
    rows = pa.array(chosen_rows(desk.sample), pa.int64())
    names = ["program", "variant", "locale", "subject", "preheader", "properties"]
    pages = [render_again(row, templates=desk.templates) for row in messages.select(names).take(rows).to_pylist()]
    places = pc.index_in(pa.array(range(len(messages)), pa.int64()), value_set=rows)
    for number, name in enumerate(("html", "text")):
        values = pa.array([page[number] for page in pages], pa.string())
        messages = messages.set_column(messages.schema.get_field_index(name), name, values.take(places))
    return messages


def _choices_table(chosen: Counter[tuple[str, tuple[Choice, ...]]]) -> pa.Table:
    single: Counter[tuple[str, Choice]] = Counter()
    for (program, choices), count in chosen.items():
        for choice in choices:
            single[program, choice] += count
    rows = [(program, one.block, one.chosen, list(one.facts), count) for (program, one), count in single.items()]
    return _table(sorted(rows), _CHOICES)


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.table(
        [pa.array(list(column), field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )
