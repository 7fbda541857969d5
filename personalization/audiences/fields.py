"""The published fields: all that a segment may speak of, and nothing else.

A field is a column of the program's subject table (``warehouse/sql/audiences/subjects_*.sql``) or of the table of
people. ``docs/segment-fields.md`` is written from here by ``field_reference``.
"""

from dataclasses import dataclass

from personalization.contracts import PRODUCT_TYPES, Kind

ONBOARDING = "onboarding"
REPLENISHMENT = "replenishment"
CROSS_SELL = "cross_sell"
WIN_BACK = "win_back"
LOYALTY = "loyalty"
EXCHANGE_FOLLOW_UP = "exchange_follow_up"
CLAIM_FOLLOW_UP = "claim_follow_up"
DELAY_NOTICE = "delay_notice"
PARTIAL_DELIVERY = "partial_delivery"
NOT_RECEIVED_HELP = "not_received_help"

# What one row of a program's subject table is; a segment of the program picks among these rows.
SUBJECTS = {
    ONBOARDING: "an order line whose parcels all arrived in the last 60 days",
    REPLENISHMENT: "a customer and an item they bought, expected to run out within 30 days before or after the night",
    CROSS_SELL: "an order whose parcels all arrived in the last 60 days",
    WIN_BACK: "a customer whose newest order arrived 45 to 540 days ago, one and a half to four times as long as usual",
    LOYALTY: "points that expire within 60 days, or the 5th, 10th, 25th, 50th or 100th order, newly arrived",
    EXCHANGE_FOLLOW_UP: "an exchange that is closed and whose replacement arrived in the last 60 days",
    CLAIM_FOLLOW_UP: "a claim that was resolved in the last 60 days and not opened again",
    DELAY_NOTICE: "an order of the last 90 days that is late, stuck or not shipped, once for each of the three",
    PARTIAL_DELIVERY: "an order of which lines have arrived in parcels whose contents are listed, and others have not",
    NOT_RECEIVED_HELP: "an open claim that a parcel never came",
}
_EVERY = tuple(SUBJECTS)
_ITEM = (ONBOARDING, REPLENISHMENT)
_DELIVERED = (ONBOARDING, CROSS_SELL, WIN_BACK, LOYALTY, EXCHANGE_FOLLOW_UP)
_TYPED = (ONBOARDING, REPLENISHMENT, EXCHANGE_FOLLOW_UP)
_SERVICE = (DELAY_NOTICE, PARTIAL_DELIVERY, NOT_RECEIVED_HELP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A published field: its type, its unit in words, what it means, and the programs whose subjects have it."""

    kind: Kind
    unit: str
    description: str
    programs: tuple[str, ...]
    vocabulary: tuple[str, ...] = ()


def _field(
    kind: Kind, unit: str, description: str, programs: tuple[str, ...] = _EVERY, vocabulary: tuple[str, ...] = ()
) -> Field:
    return Field(kind=kind, unit=unit, description=description, programs=programs, vocabulary=vocabulary)


FIELDS: dict[str, Field] = {
    # the person
    "order_count": _field(Kind.INTEGER, "orders", "orders the customer has placed so far"),
    "days_since_order": _field(Kind.INTEGER, "days", "whole days since the customer's last order"),
    "repeat_probability_90d": _field(Kind.NUMBER, "0 to 1", "how likely the customer is to order again within 90 days"),
    "expected_orders_365d": _field(Kind.NUMBER, "orders", "orders expected from the customer in the next year"),
    "expected_value_365d_cents": _field(Kind.INTEGER, "cents", "spending expected from the customer in the next year"),
    "country": _field(Kind.TEXT, "code", "the customer's country as the shop's system writes it, such as GB"),
    "locale": _field(Kind.TEXT, "code", "the customer's language and region, such as en_GB"),
    # delivery
    "days_since_delivery": _field(
        Kind.INTEGER,
        "days",
        "whole days since the last parcel of the line or order arrived; 0 on the day itself",
        _DELIVERED,
    ),
    # the item
    "sku": _field(Kind.TEXT, "sku", "the item", _TYPED),
    "product_type": _field(Kind.TEXT, "word", "what kind of product it is", _TYPED, PRODUCT_TYPES),
    "category": _field(Kind.TEXT, "word", "the item's category in the shop's catalogue", _TYPED),
    "price_cents": _field(
        Kind.INTEGER, "cents", "onboarding: what one piece cost; replenishment: today's price", _ITEM
    ),
    "qty": _field(Kind.INTEGER, "pieces", "pieces on the line, less what was cancelled", (ONBOARDING,)),
    "is_first_purchase": _field(
        Kind.BOOLEAN, "true or false", "the customer had never bought this item before", (ONBOARDING,)
    ),
    # running out
    "days_until_due": _field(
        Kind.INTEGER, "days", "whole days until the item is expected to run out; negative once it has", (REPLENISHMENT,)
    ),
    "buy_probability": _field(
        Kind.NUMBER, "0 to 1", "how likely the customer is to buy the item in the next 14 days", (REPLENISHMENT,)
    ),
    "basis": _field(
        Kind.TEXT,
        "word",
        "what the expectation rests on: the customer's own rhythm, the item's, its category's, or the days of supply "
        "that the shop wrote down",
        (REPLENISHMENT,),
        ("personal", "product", "category", "authored"),
    ),
    "purchases": _field(Kind.INTEGER, "purchases", "how often the customer has bought the item", (REPLENISHMENT,)),
    "interval_days": _field(Kind.NUMBER, "days", "days expected between two purchases of the item", (REPLENISHMENT,)),
    "is_in_stock": _field(
        Kind.BOOLEAN,
        "true or false",
        "the item can be bought now; missing where the shop does not say",
        (REPLENISHMENT,),
    ),
    "product_status": _field(
        Kind.TEXT, "word", "whether the item is still sold", (REPLENISHMENT,), ("active", "discontinued", "draft")
    ),
    # the order
    "order_lines": _field(Kind.INTEGER, "lines", "different lines of the order", (CROSS_SELL,)),
    "order_value_cents": _field(Kind.INTEGER, "cents", "what the goods of the order cost", (CROSS_SELL,)),
    "is_latest_order": _field(Kind.BOOLEAN, "true or false", "the customer has placed no order since", (CROSS_SELL,)),
    "has_considered_goods": _field(
        Kind.BOOLEAN, "true or false", "the order holds a considered product, one that needs setting up", (CROSS_SELL,)
    ),
    "new_item_count": _field(
        Kind.INTEGER,
        "items",
        "items the customer never bought, on sale and in stock, that at least 3 customers bought together with "
        "something the customer has (T9)",
        (CROSS_SELL,),
    ),
    # having been silent
    "usual_gap_days": _field(
        Kind.INTEGER,
        "days",
        "the median of the days between two of the customer's orders, or of all customers'",
        (WIN_BACK,),
    ),
    "gap_basis": _field(
        Kind.TEXT,
        "word",
        "whose days these are: the customer's own where there are two gaps (T9), else all customers'",
        (WIN_BACK,),
        ("personal", "shop"),
    ),
    "times_usual_gap": _field(
        Kind.NUMBER, "times", "days since the newest order arrived, in usual gaps; 2 is twice as long", (WIN_BACK,)
    ),
    "favourite_count": _field(
        Kind.INTEGER,
        "items",
        "items bought on two days or more, or once where they are used up, kept, on sale and in stock",
        (WIN_BACK,),
    ),
    # the occasion
    "occasion": _field(Kind.TEXT, "word", "what it is about", (LOYALTY,), ("points_expire", "milestone")),
    "points": _field(Kind.INTEGER, "points", "points of the account whose points expire first", (LOYALTY,)),
    "days_until_expiry": _field(Kind.INTEGER, "days", "whole days until these points expire", (LOYALTY,)),
    "tier": _field(Kind.TEXT, "word", "the tier of that account, as the shop's scheme names it", (LOYALTY,)),
    "orders_reached": _field(Kind.INTEGER, "orders", "the round number of orders", (LOYALTY,)),
    "claim_type": _field(
        Kind.TEXT,
        "word",
        "what was claimed",
        (CLAIM_FOLLOW_UP,),
        ("warranty", "lost", "damaged", "protection", "not_received"),
    ),
    "days_since_resolved": _field(Kind.INTEGER, "days", "whole days since the claim was resolved", (CLAIM_FOLLOW_UP,)),
    "days_to_resolve": _field(
        Kind.INTEGER, "days", "whole days from opening the claim to resolving it", (CLAIM_FOLLOW_UP,)
    ),
    # what went wrong
    "order_age_days": _field(Kind.INTEGER, "days", "whole days since the order was placed", _SERVICE),
    "delay": _field(
        Kind.TEXT,
        "word",
        "late: on its way past the promised day; stuck: no scan for days, or lost, damaged or given up; not_shipped: "
        "nothing left by the promised day, or in 30 days where none was promised (T10)",
        (DELAY_NOTICE,),
        ("late", "stuck", "not_shipped"),
    ),
    "days_late": _field(
        Kind.INTEGER,
        "days",
        "whole days since the promised day, 0 on the day itself; missing where none was promised",
        (DELAY_NOTICE,),
    ),
    "days_without_news": _field(
        Kind.INTEGER, "days", "whole days since the carrier last spoke of the parcel", (DELAY_NOTICE,)
    ),
    "rest": _field(Kind.TEXT, "word", "where what is missing is", (PARTIAL_DELIVERY,), ("on_its_way", "not_shipped")),
    "days_since_part": _field(Kind.INTEGER, "days", "whole days since the newest parcel arrived", (PARTIAL_DELIVERY,)),
    "arrived_lines": _field(Kind.INTEGER, "lines", "lines that have arrived", (PARTIAL_DELIVERY,)),
    "missing_lines": _field(Kind.INTEGER, "lines", "lines that have not arrived", (PARTIAL_DELIVERY,)),
    "days_since_claim": _field(Kind.INTEGER, "days", "whole days since the customer said so", (NOT_RECEIVED_HELP,)),
    "is_marked_delivered": _field(
        Kind.BOOLEAN, "true or false", "the carrier says that a parcel of the order was delivered", (NOT_RECEIVED_HELP,)
    ),
}


def fields_of(program: str) -> dict[str, Field]:
    """Return the fields that a segment of *program* may use."""
    return {name: field for name, field in FIELDS.items() if program in field.programs}


def field_reference() -> str:
    """Return ``docs/segment-fields.md``: every published field, by program."""
    lines = [
        "# Fields that a segment may use",
        "",
        "Written from the code (`personalization/audiences/fields.py`); a test fails when it is not current.",
        "Days are counted to the night's date. A field that is missing for someone satisfies no comparison but",
        "`is_not` and `not_in`.",
    ]
    for program, subject in SUBJECTS.items():
        lines += [
            "",
            f"## {program}",
            "",
            f"One row is {subject}.",
            "",
            "| field | type | unit | what it is |",
            "|---|---|---|---|",
        ]
        for name, field in fields_of(program).items():
            words = f" One of: {', '.join(field.vocabulary)}." if field.vocabulary else ""
            lines.append(f"| `{name}` | {_TYPE_WORDS[field.kind]} | {field.unit} | {field.description}.{words} |")
    lines += ["", "## Comparisons", "", "| comparison | for | means |", "|---|---|---|"]
    lines += [f"| `{name}` | {kinds} | {meaning} |" for name, (kinds, meaning) in _COMPARISON_WORDS.items()]
    return "\n".join(lines) + "\n"


_TYPE_WORDS = {
    Kind.TEXT: "text",
    Kind.INTEGER: "whole number",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "true or false",
}
_COMPARISON_WORDS = {
    "is": ("every type", "the same"),
    "is_not": ("every type", "anything else, or missing"),
    "in": ("text, numbers", "one of a list"),
    "not_in": ("text, numbers", "none of a list, or missing"),
    "at_least": ("numbers", "that much or more"),
    "at_most": ("numbers", "that much or less"),
    "more_than": ("numbers", "more than that"),
    "less_than": ("numbers", "less than that"),
    "between": ("numbers", "from the first to the second, both included"),
}
