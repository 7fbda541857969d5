"""Loop: returns as its lists, its details and its webhooks give them, each with its items, labels and exchanges.

What Loop pays back is not landed: it has the platform do so, and the platform's own refunds tell of it. Who sends a
gift back is not the buyer (``is_gift_return``), so nobody is looked up by the address in a return; it belongs to its
order. What customers write (``return_comment``) is not read.

Traps: ``order_id`` is Loop's own number of the order, ``provider_order_id`` is the platform's; of two pieces of a line
that come back there are two items with one ``provider_line_item_id``; ``returned_at`` is when the item was entered, not
when it came back, which the label's delivery says.
"""

from personalization.sources.importing.adapter import Landing, Shape, System
from personalization.sources.importing.expressions import SHOP_CURRENCY, minor_units, quoted, word

# https://docs.loopreturns.com/reference/webhooks, and "review" in the lists:
# https://docs.loopreturns.com/api-reference/latest/return-data/detailed-returns-list
_STATES = {
    "open": "open",
    "closed": "closed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "expired": "expired",
    "needs review": "needs_review",
    "needs_review": "needs_review",
    "review": "needs_review",
}
_OVER = "('closed', 'cancelled', 'expired')"
# What the customer chose; several are joined by a plus. An exchange counts first, for something is still to come.
_OUTCOMES = {
    "exchange": ("exchange", "upsell"),
    "refund": ("refund",),
    "store_credit": ("store_credit", "store credit", "credit"),
    "gift_card": ("gift_card", "gift card", "gift"),
}
_WITHOUT_EXCHANGE = ("refund", "store_credit", "gift_card")
# An item may go another way than its return. https://help.loopreturns.com/article/52-return-policy-enforcer
_KEPT, _REJECTED = "('keep', 'keep item', 'keep_item', 'donate')", "('reject', 'rejected')"
# Shops write their own reasons, a parent and below it the finer one; these are words that they use, in English and
# German (our choice), the first that fits counts. Texts are compared in lower case with straight apostrophes.
_NOT = "(n't| not)"
_REASONS = {
    "allergy": (r"allerg|irritat|\brash\b|reaction|\bitch|breakout", r"ausschlag|unvertr(ä|ae)glich|hautreiz"),
    "wrong_item": (
        r"wrong (item|product|article|order)\b|incorrect (item|product)|not what (i|was) ordered",
        r"(received|sent|got|shipped|delivered).* wrong|wrong .*(received|sent|shipped|delivered)",
        r"falsche[rs]? (artikel|ware)|falsch geliefert",
    ),
    "late": (
        r"(too|arrived|came|delivered|shipped) late\b|later than|late (delivery|arrival)|took too long|too slow",
        r"zu sp(ä|ae)t|versp(ä|ae)t",
    ),
    "damaged": (r"damag|broken|shatter|\bleak", r"besch(ä|ae)dig|kaputt|zerbrochen"),
    "defective": (
        rf"defe[ck]t|faulty|(does|did|is){_NOT} work|not working|malfunction|warrant",
        r"funktioniert nicht|mangelhaft|garantie",
    ),
    "size_fit": (
        r"too (small|big|large|tight|loose|short|long|wide|narrow)\b|\b(fit|fits|size|sizes|sizing)\b",
        r"zu (klein|gro(ß|ss)|eng|weit|kurz|lang)\b|passt nicht|passform|gr(ö|oe)(ß|ss)e",
    ),
    "not_as_described": (
        rf"not as|different (from|than)|looks? different|(did|does){_NOT} (meet|match)|expect|quality",
        r"entspricht nicht|anders als|qualit(ä|ae)t",
    ),
    "changed_mind": (
        rf"\bmind\b|(did|do|does){_NOT} (like|love|want|need|suit)|no longer|another|prefer|style|cheaper|better price",
        r"mistake|accident|too many|multiple|duplicate|gift",
        r"gef(ä|ae)llt|gefallen|(ü|ue)berlegt|brauche|versehen",
    ),
    "other": (r"\bother\b|sonstig|anderer grund",),
}


def _at(json: str) -> str:
    """Return the SQL of an instant, null where none can be read; a time without a zone is UTC."""
    return f"CAST(TRY_CAST({json} AS TIMESTAMPTZ) AS TIMESTAMP)"


def _field(name: str, source: str = "item") -> str:
    return f"nullif(trim({source} ->> '$.{name}'), '')"


def _reason(text: str) -> str:
    """Return the SQL of the canonical reason that a shop's words give; null where none does."""
    cases = " ".join(
        f"WHEN regexp_matches({text}, {quoted('|'.join(patterns))}) THEN '{reason}'"
        for reason, patterns in _REASONS.items()
    )
    return f"CASE {cases} END"


def _plain(name: str) -> str:
    return f"lower(replace({_field(name, 'piece')}, '’', ''''))"


def _outcome(*outcomes: str) -> str:
    """Return the SQL of the first of *outcomes* that a return has; a word that is not known is none of them."""
    parts = f"string_split_regex(lower({_field('outcome')}), ' *[+,] *')"
    cases = " ".join(
        f"WHEN list_has_any({parts}, [{', '.join(map(quoted, _OUTCOMES[outcome]))}]) THEN '{outcome}'"
        for outcome in outcomes
    )
    return f"CASE {cases} END"


# https://docs.loopreturns.com/reference/return-webhook: labels in a list, in older exports one beside the return.
_LABELS = (
    "CASE WHEN json_array_length(item -> '$.labels') > 0 THEN item -> '$.labels[*]' ELSE [json_object("
    "'status', item ->> '$.label_status', 'updated_at', item ->> '$.label_updated_at')] END"
)
# A webhook may not tell when its return was changed: of several lines the later counts.
_RETURNS_OF_FILE = f"""
told AS (
    SELECT file_row, item, {word(_field("state"), _STATES)} AS said, {_outcome(*_OUTCOMES)} AS chosen,
        {_outcome(*_WITHOUT_EXCHANGE)} AS else_chosen,
        coalesce({_at("item ->> '$.updated_at'")}, greatest({_at("item ->> '$.created_at'")},
            {_at("item ->> '$.edited_at'")}, {_at("item ->> '$.label_updated_at'")}) + to_microseconds(file_row))
            AS updated_at,
        {_LABELS} AS labels
    FROM raw
    WHERE coalesce(item ->> '$.topic', 'return') = 'return'
),
pieces AS (
    SELECT file_row, item, coalesce(else_chosen, chosen) AS chosen, updated_at,
        unnest(item -> '$.line_items[*]') AS piece,
        generate_subscripts(item -> '$.line_items[*]', 1) AS ordinal
    FROM told
),
named AS (
    SELECT *,
        CASE WHEN lower({_field("outcome", "piece")}) IN {_KEPT} THEN 'keep_item'
            WHEN lower({_field("outcome", "piece")}) IN {_REJECTED} THEN 'rejected' END AS went,
        coalesce({_reason(_plain("return_reason"))}, {_reason(_plain("parent_return_reason"))},
            {_field("return_reason", "piece")}, {_field("parent_return_reason", "piece")}, 'unknown') AS reason
    FROM pieces
)"""
_RETURNS = f"""
WITH {_RETURNS_OF_FILE},
went AS (
    SELECT file_row,
        CASE WHEN count(went) = count(*) AND count(DISTINCT went) = 1 THEN any_value(went) END AS all_went,
        min({_at("piece ->> '$.condition_inspected_at'")}) AS inspected_at
    FROM named
    GROUP BY file_row
),
labelled AS (
    SELECT *,
        list_bool_and(list_transform(labels, lambda l: coalesce(l ->> '$.status', '') = 'delivered')) AS is_back,
        list_bool_or(list_transform(labels, lambda l: coalesce(l ->> '$.status', '') IN
            ('in_transit', 'out_for_delivery', 'delivered'))) AS is_sent,
        list_max(list_transform(labels, lambda l: {_at("l ->> '$.updated_at'")})) AS last_label_at
    FROM told LEFT JOIN went USING (file_row)
)
SELECT
    file_row,
    {_field("id")} AS return_id,
    coalesce({_field("order_name")}, {_field("order_number")}, 'unknown') AS order_id,
    {_field("provider_order_id")} AS _order,
    CASE WHEN said <> 'open' THEN said
        WHEN is_back OR inspected_at IS NOT NULL THEN 'received'
        WHEN is_sent THEN 'approved' -- a label is made when a return is approved, and this one is used
        ELSE said END AS state,
    coalesce({_at("item ->> '$.created_at'")}, {_at("item ->> '$.line_items[0].returned_at'")}) AS requested_at,
    CASE WHEN is_back THEN coalesce(last_label_at, inspected_at) ELSE inspected_at END AS received_at,
    CASE WHEN said IN {_OVER} THEN coalesce({_at("item ->> '$.closed_at'")}, {_at("item ->> '$.updated_at'")},
        {_at("item ->> '$.edited_at'")}) END AS closed_at,
    coalesce(all_went, chosen) AS outcome,
    updated_at AS _updated_at
FROM labelled
"""
# Which item is exchanged for which is told by the variant, else by the product, else where there is but one of each.
_RETURN_LINES = f"""
WITH {_RETURNS_OF_FILE},
exchanges AS (
    SELECT file_row, unnest(item -> '$.exchanges[*]') AS exchange FROM told
),
wanted AS (
    SELECT DISTINCT file_row, {_field("sku", "exchange")} AS sku, {_field("variant_id", "exchange")} AS variant_id,
        {_field("product_id", "exchange")} AS product_id,
        coalesce(exchange ->> '$.out_of_stock' = 'true', false) AS is_gone -- then something else is settled for
    FROM exchanges
    WHERE {_field("sku", "exchange")} IS NOT NULL
),
-- Of one line several pieces may come back, each as an item of its own.
lines AS (
    SELECT
        file_row,
        {_field("id")} AS return_id,
        coalesce({_field("provider_line_item_id", "piece")}, {_field("line_item_id", "piece")}) AS order_line_id,
        count(*) AS qty,
        coalesce(max(reason) FILTER (reason = 'allergy'), arg_min(reason, ordinal)) AS reason,
        arg_min(went, ordinal) AS went,
        any_value(chosen) AS chosen,
        any_value({_field("sku", "piece")}) AS _sku,
        max({_field("exchange_variant", "piece")}) AS exchange_variant,
        any_value({_field("product_id", "piece")}) AS product_id,
        sum(TRY_CAST(piece ->> '$.price' AS DECIMAL(18, 4))
            - coalesce(TRY_CAST(piece ->> '$.discount' AS DECIMAL(18, 4)), 0)) AS worth,
        any_value({minor_units(f"coalesce({_field('currency')}, {SHOP_CURRENCY})")}) AS scale,
        max(updated_at) AS updated_at
    FROM named
    GROUP BY file_row, return_id, order_line_id
),
counted AS (SELECT *, count(*) OVER (PARTITION BY file_row) AS lines_of_it FROM lines),
exchanged AS (
    SELECT
        counted.file_row,
        counted.order_line_id,
        coalesce(
            min(row(w.sku, w.is_gone)) FILTER (w.variant_id = counted.exchange_variant),
            CASE WHEN count(DISTINCT w.sku) FILTER (w.product_id = counted.product_id) = 1
                THEN min(row(w.sku, w.is_gone)) FILTER (w.product_id = counted.product_id) END,
            CASE WHEN any_value(counted.lines_of_it) = 1 AND count(DISTINCT w.sku) = 1
                THEN min(row(w.sku, w.is_gone)) END
        ) AS swap
    FROM counted INNER JOIN wanted AS w USING (file_row)
    GROUP BY ALL
)
SELECT
    counted.file_row,
    return_id,
    counted.order_line_id,
    _sku,
    qty,
    reason,
    coalesce(went, CASE WHEN NOT swap[2] THEN 'exchange' END, chosen) AS outcome,
    CASE WHEN worth >= 0 THEN CAST(round(worth * scale) AS BIGINT) END AS value_cents,
    CASE WHEN went IS NULL THEN swap[1] END AS exchange_sku,
    updated_at AS _updated_at
FROM counted LEFT JOIN exchanged USING (file_row, order_line_id)
"""

SYSTEM = System(
    name="loop",
    role="returns",
    workflow="returns and exchanges: who sends something back is left alone until it is settled",
    lag_hours=0,
    shapes=(
        Shape(
            name="returns",
            format="json",
            required=("id", "state", "order_name", "line_items"),
            lists=("$.returns", "$.data"),
            landings=(
                Landing(
                    table="returns",
                    select=_RETURNS,
                    undated="requested_at",
                    origins={
                        "return_id": "id",
                        "order_id": "order_name",
                        "requested_at": "created_at",
                        "received_at": "labels.updated_at",
                        "closed_at": "updated_at",
                    },
                ),
                Landing(
                    table="return_lines",
                    select=_RETURN_LINES,
                    parent=("return_id", "returns"),
                    origins={
                        "order_line_id": "line_items.provider_line_item_id",
                        "reason": "line_items.return_reason",
                        "value_cents": "line_items.price",
                    },
                ),
            ),
        ),
    ),
    carries={
        "returns": ("return_id", "order_id", "state", "requested_at", "received_at", "closed_at", "outcome"),
        "return_lines": ("return_id", "order_line_id", "qty", "reason", "outcome", "value_cents", "exchange_sku"),
    },
)
