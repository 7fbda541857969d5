-- What each message would do, before chance decides. A fortnight is one of the calendar's, counted from 1 January 1970.
SELECT
    sent.message_id,
    sent.customer_id,
    sent.program,
    sent.sent_at,
    sent.sku,
    sent.is_withheld,
    CAST(floor(epoch(sent.sent_at) / 1209600) AS BIGINT) AS fortnight,
    md5_number_lower(sent.message_id) AS message_key,
    md5_number_lower(sent.customer_id || ':' || CAST(floor(epoch(sent.sent_at) / 1209600) AS BIGINT)) AS fortnight_key,
    moments.timing,
    moments.extra_messages,
    response.baseline,
    CASE moments.timing
        WHEN 'unwelcome' THEN response.effect_unwelcome
        WHEN 'well_timed' THEN response.effect_well_timed
        ELSE response.effect_ill_timed
    END - response.fatigue * moments.extra_messages AS effect,
    response.open_share,
    response.machine_open_share,
    response.click_share,
    response.unsubscribe_share * anger AS unsubscribe_share,
    response.complaint_share * anger AS complaint_share
FROM sent
JOIN moments ON moments.message_id = sent.message_id
JOIN read_parquet($response) AS response
    ON response.customer_id = sent.customer_id AND response.program = sent.program
CROSS JOIN LATERAL (
    SELECT
        (1 + $fatigue_anger * moments.extra_messages)
        * CASE moments.timing WHEN 'unwelcome' THEN $unwelcome_anger WHEN 'ill_timed' THEN $ill_timed_anger ELSE 1 END AS anger
) AS angers
ORDER BY sent.message_id
