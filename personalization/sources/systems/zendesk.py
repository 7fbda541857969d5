"""Zendesk: tickets as its API and its exports give them, with users and metrics beside or inside them.

Pages of the API and of the incremental export (``include=users,metric_sets``), or one ticket a line. A ticket that an
agent began is told by who submitted it; suspended mail is no ticket until somebody recovers it, and has no shape here.
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

# https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
# The incremental export also tells of deleted tickets: nobody waits for an answer to them any more.
# https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
_STATUSES = {
    **{one: one for one in ("new", "open", "pending", "hold", "solved", "closed")},
    "deleted": "closed",
}
# https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types
_CHANNELS = {
    "web_form": "web",
    "mail": "email",
    "web_service": "api",
    "voice": "phone",
    "phone_call_inbound": "phone",
    "phone_call_outbound": "phone",
    "voicemail": "phone",
    "native_messaging": "chat",
    "web_messaging": "chat",
    "mobile_messaging": "chat",
}
# Good and bad, as ends of a scale of five: our choice. "offered" and "unoffered" are no answers.
# https://developer.zendesk.com/api-reference/ticketing/ticket-management/satisfaction_ratings/
_SCORES = {"good": 5, "bad": 1}
_AGENTS = "('agent', 'admin')"  # https://developer.zendesk.com/api-reference/ticketing/users/users/

# A user or a metric set that several pages bring counts as it was last.
_NEWEST = "max_by(item, coalesce(item ->> '$.updated_at', ''))"
_TICKETS = f"""
WITH users AS (SELECT item ->> '$.id' AS id, {_NEWEST} AS item FROM beside_users GROUP BY 1),
metrics AS (SELECT item ->> '$.ticket_id' AS id, {_NEWEST} AS item FROM beside_metric_sets GROUP BY 1),
ticket AS (
    SELECT
        raw.file_row,
        raw.item,
        coalesce(raw.item -> '$.requester', requester.item) AS requester,
        coalesce(raw.item -> '$.submitter', submitter.item) AS submitter,
        coalesce(raw.item -> '$.metric_set', metrics.item) AS metric,
        coalesce(raw.item ->> '$.requester_id', raw.item ->> '$.requester.id') AS requester_id,
        coalesce(raw.item ->> '$.submitter_id', raw.item ->> '$.submitter.id') AS submitter_id,
        from_json(coalesce(raw.item -> '$.tags', '[]'), '["VARCHAR"]') AS tags,
        -- An option field holds one word, a multi-select field a list of them.
        flatten(list_transform(
            from_json(coalesce(raw.item -> '$.custom_fields', raw.item -> '$.fields', '[]'), '["JSON"]'),
            lambda f: CASE json_type(f, '$.value') WHEN 'ARRAY' THEN from_json(f -> '$.value', '["VARCHAR"]')
                WHEN 'VARCHAR' THEN [f ->> '$.value'] ELSE CAST([] AS VARCHAR[]) END
        )) AS options,
        coalesce(raw.item ->> '$.subject', raw.item ->> '$.raw_subject') AS subject
    FROM raw
    LEFT JOIN users AS requester ON requester.id = raw.item ->> '$.requester_id'
    LEFT JOIN users AS submitter ON submitter.id = raw.item ->> '$.submitter_id'
    LEFT JOIN metrics ON metrics.id = raw.item ->> '$.id'
),
placed AS (
    SELECT
        *,
        {noted_reason("tags")} AS by_tag,
        {noted_reason("options")} AS by_field,
        {said_reason("subject")} AS by_subject
    FROM ticket
)
SELECT
    file_row,
    item ->> '$.id' AS ticket_id,
    CAST(NULL AS VARCHAR) AS customer_id,
    {from_gid("(requester ->> '$.external_id')")} AS _person_id,
    requester ->> '$.email' AS _email,
    requester ->> '$.phone' AS _phone,
    requester ->> '$.name' AS _name,
    CAST(NULL AS VARCHAR) AS order_id,
    coalesce({order_in_fields("options")}, {order_in_tags("tags")}, {order_in_subject("subject")}) AS _order,
    {word("(item ->> '$.via.channel')", _CHANNELS)} AS channel,
    {word("(item ->> '$.status')", _STATUSES)} AS status,
    coalesce(by_tag, by_field, by_subject, 'unknown') AS reason,
    CASE WHEN by_tag IS NOT NULL THEN 'tag' WHEN by_field IS NOT NULL THEN 'field'
        WHEN by_subject IS NOT NULL THEN 'subject' ELSE 'none' END AS _classified_by,
    item ->> '$.created_at' AS created_at,
    -- Minutes of the calendar, not of business hours, from the ticket's creation: no moment is told.
    TRY_CAST(item ->> '$.created_at' AS TIMESTAMP)
        + to_minutes(TRY_CAST(metric ->> '$.reply_time_in_minutes.calendar' AS BIGINT)) AS first_reply_at,
    CASE WHEN lower(item ->> '$.status') IN ('solved', 'closed', 'deleted') THEN coalesce(
        TRY_CAST(metric ->> '$.solved_at' AS TIMESTAMP),
        TRY_CAST(item ->> '$.created_at' AS TIMESTAMP)
            + to_minutes(TRY_CAST(metric ->> '$.full_resolution_time_in_minutes.calendar' AS BIGINT)),
        -- Without metrics: no later than its last change, which keeps messages away for longer rather than shorter.
        TRY_CAST(item ->> '$.updated_at' AS TIMESTAMP)
    ) END AS resolved_at,
    TRY_CAST(metric ->> '$.reopens' AS BIGINT) AS reopens,
    CASE lower(item ->> '$.satisfaction_rating.score')
        {" ".join(f"WHEN '{score}' THEN {csat}" for score, csat in _SCORES.items())} END AS csat,
    -- A call that comes in is taken down by an agent, and still the customer's.
    CASE
        WHEN lower(requester ->> '$.role') IN {_AGENTS} THEN true
        WHEN submitter_id IS NULL OR submitter_id = requester_id THEN false
        WHEN lower(item ->> '$.via.channel') IN ('voice', 'phone_call_inbound', 'voicemail')
            AND lower(coalesce(item ->> '$.via.source.rel', 'inbound')) <> 'outbound' THEN false
        WHEN submitter IS NULL THEN true
        ELSE lower(submitter ->> '$.role') IN {_AGENTS}
    END AS is_from_agent,
    -- Marking as spam suspends the writer and deletes the ticket.
    list_contains(list_transform(tags, lambda t: lower(t)), 'spam')
        OR coalesce(lower(item ->> '$.status') = 'deleted' AND requester ->> '$.suspended' = 'true', false) AS is_spam,
    item ->> '$.updated_at' AS _updated_at
FROM placed
"""


def _require_requesters(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise BadInput where no ticket says who wrote it: none of them would keep anybody from being written to."""
    named = "json_type(raw.item, '$.requester') = 'OBJECT' OR u.item IS NOT NULL"
    found = connection.execute(
        f"SELECT count(*), count(*) FILTER (WHERE {named}) FROM raw"
        " LEFT JOIN beside_users AS u ON u.item ->> '$.id' = raw.item ->> '$.requester_id'"
    ).fetchall()
    [(tickets, told)] = found
    if tickets and not told:
        raise BadInput(
            "Zendesk's tickets: none of them says who wrote it, so their open questions would protect nobody; export"
            " them again with include=users,metric_sets"
        )


SYSTEM = System(
    name="zendesk",
    role="helpdesk",
    workflow="tickets: nobody with an open one is written to, and questions about parcels are measured",
    lag_hours=0,
    shapes=(
        Shape(
            name="tickets",
            format="json",
            required=("id", "status", "created_at", "subject", "via"),
            lists=("$.tickets",),
            beside={"users": "$.users", "metric_sets": "$.metric_sets"},
            prepare=_require_requesters,
            landings=(
                Landing(
                    table="tickets",
                    select=_TICKETS,
                    origins={"ticket_id": "id", "channel": "via.channel", "first_reply_at": "reply_time_in_minutes"},
                ),
            ),
        ),
    ),
    carries={
        "tickets": (
            *("ticket_id", "customer_id", "order_id", "channel", "status", "reason", "created_at", "first_reply_at"),
            *("resolved_at", "reopens", "is_from_agent", "is_spam"),
        )
    },
)
