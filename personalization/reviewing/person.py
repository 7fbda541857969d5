"""One customer on a night: what was decided and why, and what happened to them so far."""

from personalization import audiences
from personalization.errors import WrongUse
from personalization.review.desk import PersonPage
from personalization.reviewing.content import messages_of
from personalization.reviewing.night import OpenNight, segment_files
from personalization.reviewing.words import program_title, without_codes
from personalization.warehouse import Warehouse

_TABLES = ("customers", "orders", "shipments", "tickets", "returns", "refunds", "claims", "messages")
_JARGON = {"wismo": "asks where the order is"}
_NEWEST = 200  # events shown
# One row an event: when, what kind, and the words that its sentence is made of.
_EVENTS = """
WITH own AS (SELECT order_id FROM orders WHERE customer_id = $customer)
SELECT
    placed_at AS happened_at,
    'Order' AS kind,
    order_id AS one,
    CAST(total_cents AS VARCHAR) AS two,
    currency AS three
FROM orders WHERE customer_id = $customer
UNION ALL
SELECT cancelled_at, 'Order cancelled', order_id, NULL, NULL FROM orders WHERE customer_id = $customer
UNION ALL
SELECT shipped_at, 'Parcel left', order_id, carrier, NULL FROM shipments SEMI JOIN own USING (order_id)
UNION ALL
SELECT delivered_at, 'Parcel arrived', order_id, carrier, NULL FROM shipments SEMI JOIN own USING (order_id)
UNION ALL
SELECT created_at, 'Ticket', order_id, reason, status FROM tickets
WHERE customer_id = $customer OR order_id IN (SELECT order_id FROM own)
UNION ALL
SELECT requested_at, 'Return', order_id, outcome, state FROM returns SEMI JOIN own USING (order_id)
UNION ALL
SELECT refunded_at, 'Money paid back', order_id, CAST(amount_cents AS VARCHAR), reason FROM refunds
SEMI JOIN own USING (order_id)
UNION ALL
SELECT opened_at, 'Claim', order_id, type, state FROM claims SEMI JOIN own USING (order_id)
UNION ALL
SELECT sent_at, 'Message', source, program, channel FROM messages WHERE customer_id = $customer
"""


def find_customers(night: OpenNight, sought: str) -> tuple[str, ...]:
    """Return the ids of the customers with the id or e-mail address *sought*, in any case.

    Raises WrongUse where there is nobody, or the night's tables are no longer kept; it does not repeat what was sought.
    """
    with _snapshot(night) as warehouse:
        rows = warehouse.connection.execute(
            "SELECT DISTINCT customer_id FROM (SELECT customer_id, email FROM customers "
            "UNION ALL SELECT customer_id, NULL FROM orders) "
            "WHERE customer_id = $sought OR lower(trim(email)) = lower($sought) ORDER BY customer_id",
            {"sought": sought.strip()},
        ).fetchall()
    if not rows:
        raise WrongUse("Nobody has this id or e-mail address. Look for what the shop's orders call the customer.")
    return tuple(row[0] for row in rows)


def person_page(night: OpenNight, customer_id: str) -> PersonPage:
    """Return a customer's page; raises WrongUse for one whom the night does not know."""
    night.verify()
    snapshot = night.snapshot if night.snapshot.is_dir() else None
    text = audiences.explain(customer_id, run=night.folder, snapshot=snapshot)
    return PersonPage(
        customer_id=customer_id,
        told=_paragraphs(without_codes(text, segment_files(night))),
        timeline=_timeline(night, customer_id) if snapshot else (),
        messages=messages_of(night, customer_id=customer_id),
    )


def _snapshot(night: OpenNight) -> Warehouse:
    if not night.snapshot.is_dir():
        raise WrongUse("The tables of that night are no longer kept. Look for the customer in the newest night.")
    warehouse = Warehouse()
    warehouse.load_canonical(night.snapshot, _TABLES)
    return warehouse


def _paragraphs(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return an explanation as headings with their lines; the first line, which names night and customer, is left."""
    found = []
    for paragraph in text.split("\n\n")[1:]:
        heading, *lines = paragraph.splitlines()
        if heading.startswith("They have") and not lines:
            heading, lines = "What they bought", [heading]
        found.append((heading.rstrip(":"), tuple(line.removeprefix("- ").rstrip() for line in lines)))
    return tuple(found)


def _timeline(night: OpenNight, customer_id: str) -> tuple[tuple[str, str, str], ...]:
    with _snapshot(night) as warehouse:
        rows = warehouse.connection.execute(
            f"SELECT * FROM ({_EVENTS}) WHERE happened_at IS NOT NULL "
            f"ORDER BY happened_at DESC, kind, one LIMIT {_NEWEST}",
            {"customer": customer_id},
        ).fetchall()
    return tuple(
        (f"{at:%Y-%m-%d %H:%M}", kind, _SENTENCES[kind](one, two, three)) for at, kind, one, two, three in rows
    )


def _order(order: str, cents: str | None, currency: str | None) -> str:
    return f"order {order}, {_money(cents)} {currency or ''}".rstrip()


def _of_order(order: str | None, what: str | None, how: str | None) -> str:
    """Return an event about an order: what, how it stands, which order."""
    words = [_JARGON.get(word, word).replace("_", " ") for word in (what, how) if word]
    return ", ".join([*words, *([f"order {order}"] if order else [])])


def _refund(order: str, cents: str | None, reason: str | None) -> str:
    return _of_order(order, _money(cents), reason)


def _message(source: str, program: str | None, channel: str | None) -> str:
    about = program_title(program) if program else "no program"
    return f"{about}, by {channel or 'unknown channel'}, from {source.replace('_', ' ')}"


def _money(cents: str | None) -> str:
    return f"{int(cents) / 100:,.2f}" if cents is not None else "unknown sum"


_SENTENCES = {
    "Order": _order,
    "Order cancelled": _of_order,
    "Parcel left": _of_order,
    "Parcel arrived": _of_order,
    "Ticket": _of_order,
    "Return": _of_order,
    "Money paid back": _refund,
    "Claim": _of_order,
    "Message": _message,
}
