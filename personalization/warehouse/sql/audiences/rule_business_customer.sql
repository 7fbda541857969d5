-- Customers marked as businesses; the programs speak to people.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT customer_id FROM audience_people WHERE is_b2b
