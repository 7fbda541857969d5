-- Subjects that were written about before, on any night.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT DISTINCT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN sent_earlier AS s ON s.program = c.program AND s.person_id = c.customer_id AND s.channel = 'email'
WHERE s.decision_subject = c.subject OR s.message_id = c.message_id
