-- Subjects of a program that wrote to the person not long ago, about something else.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT DISTINCT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN audience_messages AS m ON m.customer_id = c.customer_id AND m.program = c.program
WHERE CAST(m.sent_at AS DATE) > CAST($run_date AS DATE) + 1 - CAST(c.rest_days AS INTEGER)
