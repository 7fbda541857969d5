-- People whose newest word on marketing by email is anything but yes.
-- columns: customer_id VARCHAR, code VARCHAR
-- key: customer_id
SELECT customer_id, 'consent_' || status AS code
FROM audience_consent
WHERE status NOT IN ('subscribed', 'soft_opt_in')
