-- Every customer id and the id it lives on under: a merged account speaks for the one it was merged into. mailbox is what that one is written to at, the hash of its address, or its id where it has none. Accounts of one mailbox are one person to consent, the suppressions, the contact budget and arbitration.
-- columns: customer_id VARCHAR, person_id VARCHAR, mailbox VARCHAR
-- key: customer_id
SELECT
    c.customer_id,
    coalesce(m.root_id, c.customer_id) AS person_id,
    coalesce(h.address_hash, m.root_id, c.customer_id) AS mailbox
FROM customers AS c
LEFT JOIN merged_customers AS m ON m.customer_id = c.customer_id
LEFT JOIN address_hashes AS h ON h.customer_id = coalesce(m.root_id, c.customer_id)
