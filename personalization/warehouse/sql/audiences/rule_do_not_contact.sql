-- People whom the shop has marked as not to be contacted.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT customer_id FROM audience_people WHERE do_not_contact_reason IS NOT NULL
