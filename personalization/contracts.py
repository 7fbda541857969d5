"""The canonical tables: names, types, units, keys and vocabularies of the data folder.

One file per table, ``<table>.parquet``, ``.csv`` or ``.jsonl``. A nullable column may also be absent. Every table may
carry ``received_at`` (when the shop learned of the row) and ``is_received_assumed``; time travel uses nothing else.

The suffix of a name is its unit: ``_at`` a UTC instant, ``_on`` a date, ``_cents`` integer minor units, ``is_`` a
boolean, ``_share`` 0 to 1.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The type of a column, as the DuckDB type that holds it."""

    TEXT = "VARCHAR"
    INTEGER = "BIGINT"
    NUMBER = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    INSTANT = "TIMESTAMP"
    DATE = "DATE"
    TEXT_LIST = "VARCHAR[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a canonical table.

    unknown_word is what a word outside the vocabulary becomes, and is counted; without one the row is bad. minimum is
    the smallest allowed number. is_digest asks for a SHA-256 in hexadecimal, kept in lower case. personal columns never
    have their value shown in an error or a log.
    """

    name: str
    kind: Kind
    nullable: bool = False
    vocabulary: tuple[str, ...] = ()
    unknown_word: str | None = None
    minimum: int | None = None
    is_digest: bool = False
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """How a table that keeps messages away from people fails closed: no row of it may be lost, whatever its share.

    column orders the words of a column: of rows with the same key the one with the first of words is kept. grants are
    those of its words that allow something: in a row that has an unknown word elsewhere they become the column's
    unknown_word. subject names the columns that say whom or what the row keeps away; rows with the same key that differ
    in them cannot both be heeded, and stop the import too.
    """

    column: str | None = None
    words: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One canonical table.

    key names the columns that identify a row. event_at names the column that tells when the row's event happened;
    where ``received_at`` is absent it stands in for it. parents maps a column to the table whose key it must match.
    must_be_whole is set where a lost row could let a message through: one bad row then stops the import.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    event_at: str | None = None
    parents: tuple[tuple[str, str], ...] = ()
    must_be_whole: Guard | None = None

    @property
    def learned_at(self) -> str | None:
        """Return the column that tells when the shop learned of a row; time travel cuts by it.

        In ``returns``, ``received_at`` is the day on which the goods came back, so there the request's own time serves.
        """
        return self.event_at if self.name == "returns" else "received_at"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Return the names of all columns in their order."""
        return tuple(column.name for column in self.columns)


_PERSONAL = frozenset({"email", "phone", "first_name", "name", "location", "address_hash"})
_SUFFIX_KINDS = {
    "_at": Kind.INSTANT,
    "_on": Kind.DATE,
    "_cents": Kind.INTEGER,
    "_days": Kind.INTEGER,
    "_minutes": Kind.INTEGER,
    "_share": Kind.NUMBER,
}
_COUNTS = frozenset(
    {"qty", "qty_cancelled", "qty_refunded", "unit_count", "days_of_supply", "reopens", "csat", "days", "points"}
)
REQUIRED_TABLES = ("orders", "order_lines")
CHANNELS = ("email", "sms", "push", "post")
PARCEL_STATUSES = (
    "label_created",
    "in_transit",
    "out_for_delivery",
    "attempt_failed",
    "ready_for_pickup",
    "delivered",
    "delayed",
    "exception",
    "return_to_sender",
    "expired",
    "cancelled",
    "unknown",
)
PRODUCT_TYPES = ("consumable", "fashion", "considered", "durable", "digital", "gift_card", "service", "unknown")
FINANCIAL_STATUSES = (
    "authorized",
    "paid",
    "partially_paid",
    "pending",
    "partially_refunded",
    "refunded",
    "voided",
    "expired",
)
CONSENT_STATUSES = ("subscribed", "soft_opt_in", "pending", "unsubscribed", "never", "suppressed", "unknown")
# The strictest first: of two words given at the same instant the stricter one counts.
CONSENT_STRICTNESS = ("suppressed", "unsubscribed", "never", "unknown", "pending", "soft_opt_in", "subscribed")
RETURN_STATES = ("open", "approved", "received", "closed", "cancelled", "expired", "needs_review")
RETURN_OUTCOMES = ("refund", "exchange", "store_credit", "gift_card", "keep_item", "rejected")
RETURN_REASONS = (
    "size_fit",
    "not_as_described",
    "damaged",
    "wrong_item",
    "defective",
    "late",
    "changed_mind",
    "allergy",
    "other",
    "unknown",
)
TICKET_STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
TICKET_REASONS = (
    "wismo",
    "return",
    "exchange",
    "refund",
    "damaged",
    "claim",
    "product_question",
    "cancel",
    "address",
    "other",
    "unknown",
)


def _kind_of(name: str) -> Kind:
    for suffix, kind in _SUFFIX_KINDS.items():
        if name.endswith(suffix):
            return kind
    if name in _COUNTS:
        return Kind.INTEGER
    return Kind.BOOLEAN if name.startswith("is_") else Kind.TEXT


def _column(
    spec: str,
    *,
    vocabulary: tuple[str, ...] = (),
    unknown_word: str | None = None,
    kind: Kind | None = None,
    minimum: int | None = None,
    is_digest: bool = False,
) -> Column:
    """Return the column that *spec* names; a trailing ``?`` makes it nullable, its suffix gives the type.

    A word that is not in *vocabulary* becomes 'unknown' where that is one of its words, unless *unknown_word* is given.
    """
    name = spec.removesuffix("?")
    return Column(
        name=name,
        kind=kind or _kind_of(name),
        nullable=spec.endswith("?"),
        vocabulary=vocabulary,
        unknown_word=unknown_word or ("unknown" if "unknown" in vocabulary else None),
        minimum=minimum,
        is_digest=is_digest,
        personal=name in _PERSONAL,
    )


def _columns(specs: str) -> tuple[Column, ...]:
    return tuple(_column(spec) for spec in specs.split())


_RECEIVED = _columns("received_at? is_received_assumed?")


def _table(
    name: str,
    key: str,
    *columns: Column | tuple[Column, ...],
    event_at: str | None = None,
    parents: tuple[tuple[str, str], ...] = (),
    must_be_whole: Guard | None = None,
) -> Table:
    flat: list[Column] = []
    for column in columns:
        flat.extend([column] if isinstance(column, Column) else column)
    own = {column.name for column in flat}
    flat.extend(column for column in _RECEIVED if column.name not in own)
    return Table(
        name=name,
        key=tuple(key.split()),
        columns=tuple(flat),
        event_at=event_at,
        parents=parents,
        must_be_whole=must_be_whole,
    )


def _qty(spec: str, minimum: int = 1) -> Column:
    return _column(spec, kind=Kind.INTEGER, minimum=minimum)


_TABLES = (
    _table(
        "customers",
        "customer_id",
        _columns("customer_id email? phone? first_name? locale? country? timezone? created_at? is_b2b? merged_into?"),
        _columns("do_not_contact_reason? postal_region?"),
        event_at="created_at",
    ),
    _table(
        "consents",
        "customer_id channel purpose captured_at",
        _column("customer_id"),
        # An unsubscribe from 'all' must not be lost, so an unknown word counts for marketing and for email, which is
        # what the programs send; a permission for something unknown permits nothing (grants).
        _column("channel", vocabulary=CHANNELS, unknown_word="email"),
        _column("purpose", vocabulary=("marketing", "transactional", "tracking"), unknown_word="marketing"),
        _column("captured_at"),
        _column("status", vocabulary=CONSENT_STATUSES),
        _columns("reason? source? method?"),  # an unsubscribe without its source is one all the same
        event_at="captured_at",
        must_be_whole=Guard(column="status", words=CONSENT_STRICTNESS, grants=("subscribed", "soft_opt_in")),
    ),
    _table(
        "products",
        "sku",
        _columns("sku product_id? title category? brand?"),
        _column("product_type", vocabulary=PRODUCT_TYPES),
        _qty("days_of_supply?"),
        _qty("unit_count?"),
        _column("price_cents", minimum=0),
        _column("cost_cents?", minimum=0),
        _columns("currency is_in_stock?"),
        _column("status", vocabulary=("active", "discontinued", "draft")),
        _columns("image_url? url? is_returnable?"),
        _qty("warranty_days?", minimum=0),
        _column("replaces_sku?"),
        _column("bundle_of?", kind=Kind.TEXT_LIST),
        _columns("variant_group? size? margin_share?"),
    ),
    _table(
        "orders",
        "order_id",
        _columns("order_id customer_id? name? placed_at currency"),
        _column("total_cents", minimum=0),
        _column("discount_cents?", minimum=0),
        _column("shipping_cents?", minimum=0),
        _column("tax_cents?", minimum=0),
        _column("financial_status", vocabulary=FINANCIAL_STATUSES),
        _columns(
            "cancelled_at? promised_by_on? channel? is_gift? recipient_customer_id? is_subscription? is_preorder?"
        ),
        _columns("is_test? ship_to_changed_at?"),
        event_at="placed_at",
    ),
    _table(
        "order_lines",
        "order_line_id",
        _columns("order_line_id order_id sku"),
        _qty("qty"),
        _column("unit_price_cents", minimum=0),
        _column("discount_cents?", minimum=0),
        _qty("qty_cancelled?", minimum=0),
        _qty("qty_refunded?", minimum=0),
        parents=(("order_id", "orders"),),
    ),
    _table(
        "shipments",
        "shipment_id",
        _columns("shipment_id order_id tracking_no? carrier? service? shipped_at? origin? dest_region? eta_first_on?"),
        _columns("eta_latest_on? promised_by_on?"),
        _column("status", vocabulary=PARCEL_STATUSES),
        _column("delivered_at?"),
        event_at="shipped_at",
    ),
    _table(
        "shipment_lines",
        "shipment_id order_line_id",
        _columns("shipment_id order_line_id"),
        _qty("qty"),
    ),
    _table(
        "tracking_events",
        "event_id",
        _columns("event_id shipment_id"),
        _column("status", vocabulary=PARCEL_STATUSES),
        _columns("raw_status? substatus? occurred_at"),
        _column("received_at"),
        _columns("location? source"),
        event_at="occurred_at",
    ),
    _table(
        "returns",
        "return_id",
        _columns("return_id order_id"),
        _column("state", vocabulary=RETURN_STATES, unknown_word="open"),  # so that the customer is left alone
        _columns("requested_at approved_at? received_at? closed_at?"),
        _column("outcome?", vocabulary=RETURN_OUTCOMES),
        event_at="requested_at",
        must_be_whole=Guard(
            column="state",
            words=("open", "approved", "received", "needs_review", "closed", "cancelled", "expired"),
            subject=("order_id",),
        ),
    ),
    _table(
        "return_lines",
        "return_id order_line_id",
        _columns("return_id order_line_id"),
        _qty("qty"),
        _column("reason", vocabulary=RETURN_REASONS),
        _column("outcome?", vocabulary=RETURN_OUTCOMES),
        _column("value_cents?", minimum=0),
        _column("exchange_sku?"),
    ),
    _table(
        "refunds",
        "refund_id",
        _columns("refund_id order_id"),
        _column("amount_cents", minimum=0),
        _columns("reason? refunded_at"),
        event_at="refunded_at",
    ),
    _table(
        "chargebacks",
        "chargeback_id",
        _columns("chargeback_id order_id reason? opened_at outcome?"),
        event_at="opened_at",
    ),
    _table(
        "claims",
        "claim_id",
        _columns("claim_id order_id sku?"),
        _column("type", vocabulary=("warranty", "lost", "damaged", "protection", "not_received")),
        _columns("state opened_at decided_at? resolved_at? outcome?"),
        _column("amount_cents?", minimum=0),
        _column("is_reopened?"),
        event_at="opened_at",
        must_be_whole=Guard(),
    ),
    _table(
        "tickets",
        "ticket_id",
        _columns("ticket_id customer_id? order_id? channel?"),
        _column("status", vocabulary=TICKET_STATUSES, unknown_word="open"),  # so that the customer is left alone
        _column("reason", vocabulary=TICKET_REASONS),
        _columns("created_at first_reply_at? resolved_at? reopens? handle_minutes? csat? is_from_agent? is_spam?"),
        event_at="created_at",
        must_be_whole=Guard(
            column="status",
            words=("open", "new", "pending", "hold", "solved", "closed"),
            subject=("customer_id", "order_id", "is_spam"),
        ),
    ),
    _table(
        "messages",
        "message_id",
        _columns("message_id customer_id order_id?"),
        _column("source", vocabulary=("esp", "sms", "tracking", "returns", "shop", "helpdesk", "push")),
        _column("class", vocabulary=("service", "education", "marketing")),
        _columns("program? channel sent_at status"),
        event_at="sent_at",
    ),
    _table(
        "engagement",
        "message_id type occurred_at",
        _column("message_id"),
        _column(
            "type",
            vocabulary=(
                "delivered",
                "open",
                "machine_open",
                "click",
                "unsubscribe",
                "complaint",
                "bounce_hard",
                "bounce_soft",
            ),
        ),
        _column("occurred_at"),
        event_at="occurred_at",
    ),
    _table(
        "browsing_events",
        "event_id",
        _columns("event_id customer_id?"),
        _column("type", vocabulary=("view", "cart", "search")),
        _columns("sku? occurred_at"),
        event_at="occurred_at",
    ),
    _table("loyalty", "customer_id", _columns("customer_id tier? points? points_expire_on?")),
    _table("inventory", "sku counted_at", _columns("sku counted_at"), _qty("qty", minimum=0), event_at="counted_at"),
    _table(
        "suppressions",
        "address_hash channel",
        _column("address_hash", is_digest=True),
        _column("channel", vocabulary=CHANNELS),
        _columns("reason? source? suppressed_at"),  # an address is suppressed even if nobody says why
        event_at="suppressed_at",
        must_be_whole=Guard(),
    ),
    _table(
        "preferences", "customer_id key", _columns("customer_id key value source captured_at"), event_at="captured_at"
    ),
    _table(
        "coupons",
        "coupon_id",
        _columns("coupon_id program?"),
        _qty("budget?", minimum=0),
        _columns("is_single_use? valid_until_on?"),
    ),
    _table(
        "policies",
        "policy_id version",
        _columns("policy_id version valid_from_on valid_to_on?"),
        _qty("window_days?", minimum=0),
        _column("is_exchange_first?"),
        _qty("refund_sla_days?", minimum=0),
        _columns("exclusions? owner?"),
    ),
    _table(
        "touchpoints",
        "touchpoint state",
        _columns("touchpoint state next_step promise? days? link? owner? last_reviewed_on?"),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}
