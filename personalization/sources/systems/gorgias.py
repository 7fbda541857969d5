"""Gorgias: tickets as its API gives them, one by one or in pages.

The platform's own id of the customer stands in the data of the Shopify integration. Of the messages only who wrote
them and when is read, never what.
"""

import duckdb

from personalization.errors import BadInput
from personalization.sources.importing.adapter import Landing, Shape, System
from personalization.sources.importing.contact_reasons import (
    noted_reason,
    order_in_fields,
    order_in_subject,
    order_in_tags,
    said_reason,
)
from personalization.sources.importing.expressions import from_gid, word

# https://developers.gorgias.com/reference/the-ticket-object
_STATUSES = {"open": "open", "closed": "closed"}
_CHANNELS = {
    "gorgias_chat": "chat",
    "facebook-messenger": "chat",
    "whatsapp": "chat",
    "aircall": "phone",
    "twilio": "phone",
    "contact_form": "web",
    "help-center": "web",
}

_NAMING = ("email", "external_id", "integrations", "channels")  # what of a ticket's customer leads to one of the shop


def _texts(at: str) -> str:
    """Return the SQL of the list of objects at a path of the item; none where there is no list."""
    return f"CASE json_type(item, '{at}') WHEN 'ARRAY' THEN from_json(item -> '{at}', '[\"JSON\"]') END"


# A ticket's fields are an object by the field's number; GET /api/tickets/{id}/custom-fields names them. "Resolution"
# is one of the fields that every account has, and a refund given is no refund asked for.
_FIELDS = f"""
SELECT
    *,
    list_transform(list_filter(fields, lambda f: coalesce(f ->> '$.field.managed_type' = 'contact_reason', false)
        OR regexp_matches(lower(coalesce(f ->> '$.field.label', '')), 'contact reason|kontaktgrund')),
        lambda f: f ->> '$.value') AS reasons,
    list_transform(list_filter(fields, lambda f: coalesce(f ->> '$.field.managed_type', '') <> 'resolution'
        AND NOT regexp_matches(lower(coalesce(f ->> '$.field.label', '')), 'resolution|ergebnis')),
        lambda f: f ->> '$.value') AS options
FROM (
    SELECT
        file_row,
        item,
        item ->> '$.subject' AS subject,
        coalesce(list_transform({_texts("$.tags")}, lambda t: coalesce(t ->> '$.name', t ->> '$')), []) AS tags,
        list_filter(
            CASE json_type(item, '$.custom_fields') WHEN 'OBJECT' THEN item -> '$.custom_fields.*'
                ELSE coalesce({_texts("$.custom_fields")}, []) END,
            lambda f: json_type(f, '$.value') = 'VARCHAR'
        ) AS fields,
        list_filter(
            CASE json_type(item, '$.customer.integrations') WHEN 'OBJECT' THEN item -> '$.customer.integrations.*' END,
            lambda i: i ->> '$.__integration_type__' = 'shopify'
        )[1] AS shopify,
        list_filter({_texts("$.customer.channels")}, lambda c: c ->> '$.type' = 'phone')[1] ->> '$.address' AS phone,
        list_min(list_transform(
            -- What a rule sends at once is no answer, and a note among agents none either.
            list_filter({_texts("$.messages")}, lambda m: m ->> '$.from_agent' = 'true'
                AND coalesce(m ->> '$.public', 'true') = 'true'
                AND m ->> '$.rule_id' IS NULL AND coalesce(m ->> '$.via', '') <> 'rule'),
            lambda m: TRY_CAST(coalesce(m ->> '$.sent_datetime', m ->> '$.created_datetime') AS TIMESTAMP)
        )) AS answered_at
    FROM raw
)
"""
_TICKETS = f"""
WITH placed AS (
    SELECT
        *,
        {noted_reason("reasons")} AS by_reason,
        {noted_reason("tags")} AS by_tag,
        {noted_reason("options")} AS by_option,
        {said_reason("subject")} AS by_subject,
        item ->> '$.from_agent' = 'true' AS is_from_agent,
        -- A ticket in the trash is done with; one put off until later is closed only till then.
        item ->> '$.trashed_datetime' IS NOT NULL AS is_trashed,
        coalesce(TRY_CAST(item ->> '$.snooze_datetime' AS TIMESTAMP) > coalesce(
            TRY_CAST(item ->> '$.closed_datetime' AS TIMESTAMP), TIMESTAMP '0001-01-01'), false) AS is_snoozed
    FROM ({_FIELDS})
)
SELECT
    file_row,
    item ->> '$.id' AS ticket_id,
    CAST(NULL AS VARCHAR) AS customer_id,
    coalesce(shopify ->> '$.customer.id', {from_gid("(item ->> '$.customer.external_id')")}) AS _person_id,
    item ->> '$.customer.email' AS _email,
    phone AS _phone,
    coalesce(item ->> '$.customer.name', nullif(concat_ws(' ', nullif(item ->> '$.customer.firstname', ''),
        nullif(item ->> '$.customer.lastname', '')), '')) AS _name,
    CAST(NULL AS VARCHAR) AS order_id,
    coalesce(
        item ->> '$.meta.order_id',
        item ->> '$.meta.order_name',
        item ->> '$.meta.order_number',
        {order_in_fields("options")},
        {order_in_tags("tags")},
        {order_in_subject("subject")}
    ) AS _order,
    {word("(item ->> '$.channel')", _CHANNELS)} AS channel,
    CASE WHEN is_trashed THEN 'closed' WHEN is_snoozed AND lower(item ->> '$.status') = 'closed' THEN 'hold'
        ELSE {word("(item ->> '$.status')", _STATUSES)} END AS status,
    coalesce(by_reason, by_tag, by_option, by_subject, 'unknown') AS reason,
    CASE WHEN by_reason IS NOT NULL THEN 'field' WHEN by_tag IS NOT NULL THEN 'tag'
        WHEN by_option IS NOT NULL THEN 'field' WHEN by_subject IS NOT NULL THEN 'subject'
        ELSE 'none' END AS _classified_by,
    item ->> '$.created_datetime' AS created_at,
    CASE WHEN NOT coalesce(is_from_agent, false) THEN answered_at END AS first_reply_at,
    -- Where nobody noted when it was closed: no later than its last change, which keeps messages away for longer.
    CASE WHEN is_trashed THEN TRY_CAST(item ->> '$.trashed_datetime' AS TIMESTAMP)
        WHEN lower(item ->> '$.status') = 'closed' AND NOT is_snoozed
        THEN coalesce(TRY_CAST(item ->> '$.closed_datetime' AS TIMESTAMP),
            TRY_CAST(item ->> '$.updated_datetime' AS TIMESTAMP)) END AS resolved_at,
    TRY_CAST(item ->> '$.satisfaction_survey.score' AS BIGINT) AS csat,
    is_from_agent,
    item ->> '$.spam' = 'true' AS is_spam,
    item ->> '$.updated_datetime' AS _updated_at
FROM placed
"""


def _require_customers(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise BadInput where no ticket says more of its customer than a number: every one would lead to nobody."""
    told = " OR ".join(f"json_type(item, '$.customer.{key}') IS NOT NULL" for key in _NAMING)
    if not connection.execute(f"SELECT 1 FROM raw WHERE {told} LIMIT 1").fetchall():
        raise BadInput(
            "Gorgias's tickets: none of them has its customer's address, number or id in the shop, so nobody can say"
            " who waits for an answer; export them again with the whole customer of each"
        )


SYSTEM = System(
    name="gorgias",
    role="helpdesk",
    workflow="tickets: nobody with an open one is written to, and questions about parcels are measured",
    lag_hours=0,
    shapes=(
        Shape(
            name="tickets",
            format="json",
            required=("id", "status", "channel", "customer", "created_datetime"),
            lists=("$.data",),
            prepare=_require_customers,
            landings=(
                Landing(
                    table="tickets",
                    select=_TICKETS,
                    origins={"ticket_id": "id", "created_at": "created_datetime", "is_spam": "spam"},
                ),
            ),
        ),
    ),
    carries={
        "tickets": (
            *("ticket_id", "customer_id", "order_id", "channel", "status", "reason", "created_at", "first_reply_at"),
            *("resolved_at", "csat", "is_from_agent", "is_spam"),
        )
    },
)
