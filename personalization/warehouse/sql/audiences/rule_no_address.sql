-- People without an email address to write to.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT customer_id FROM audience_people WHERE is_known AND NOT has_address
