-- Subjects whose order was a gift: the buyer does not have the goods, and the one who has them never asked for mail.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN orders AS o ON o.order_id = c.order_id
LEFT JOIN audience_alias AS a ON a.customer_id = o.recipient_customer_id
WHERE coalesce(o.is_gift, FALSE) OR coalesce(a.person_id, o.recipient_customer_id) <> c.customer_id
