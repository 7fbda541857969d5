-- The mailboxes that each account speaks for: the one of the account it lives on under, and the one of its own address.
-- columns: customer_id VARCHAR, person_id VARCHAR, mailbox VARCHAR
-- key: customer_id, mailbox
SELECT customer_id, person_id, mailbox
FROM audience_alias
UNION
SELECT a.customer_id, a.person_id, h.address_hash AS mailbox
FROM audience_alias AS a
INNER JOIN address_hashes AS h ON h.customer_id = a.customer_id
