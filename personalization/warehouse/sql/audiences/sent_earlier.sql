-- Each message that our own ledger sent, or may have sent, on an earlier night, by the person it went to.
-- columns: message_id VARCHAR, person_id VARCHAR, program VARCHAR, channel VARCHAR, is_marketing BOOLEAN, decision_subject VARCHAR, sent_at TIMESTAMP
-- key: message_id, person_id, program, decision_subject, sent_at
SELECT
    s.message_id,
    coalesce(a.person_id, s.customer_id) AS person_id,
    s.program,
    s.channel,
    s.is_marketing,
    s.decision_subject,
    s.sent_at
FROM sent_arrived AS s
LEFT JOIN audience_alias AS a ON a.customer_id = s.customer_id
