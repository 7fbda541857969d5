-- People who were sent as much as the contact budget allows (T8), in any of its windows.
-- columns: customer_id VARCHAR, code VARCHAR
-- key: customer_id, code
SELECT customer_id, 'capped_day' AS code FROM contact_counts
WHERE marketing_in_day >= CAST($marketing_per_day AS BIGINT)
UNION ALL
SELECT customer_id, 'capped_7_days' AS code FROM contact_counts
WHERE marketing_in_7_days >= CAST($marketing_per_7_days AS BIGINT)
UNION ALL
SELECT customer_id, 'capped_30_days' AS code FROM contact_counts
WHERE marketing_in_30_days >= CAST($marketing_per_30_days AS BIGINT)
UNION ALL
SELECT customer_id, 'capped_all_messages' AS code FROM contact_counts
WHERE all_in_7_days >= CAST($all_messages_per_7_days AS BIGINT)
