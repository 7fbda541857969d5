-- Accounts that were merged into another one.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT customer_id FROM audience_people WHERE is_merged_away
