-- One row for each customer, program and subject that a segment of the program contains, and what was decided. DuckDB's own: lists.
-- columns: customer_id VARCHAR, program VARCHAR, subject VARCHAR, segments VARCHAR[], verdict VARCHAR, reasons VARCHAR[], order_id VARCHAR, skus VARCHAR[], send_at TIMESTAMP, rival VARCHAR, facts VARCHAR
-- key: customer_id, program, subject
SELECT
    c.customer_id,
    c.program,
    c.subject,
    string_split(c.segments, chr(31)) AS segments,
    j.verdict,
    CASE WHEN j.codes IS NULL THEN [] ELSE string_split(j.codes, chr(31)) END AS reasons,
    c.order_id,
    f.item_skus AS skus,
    t.send_at,
    j.rival,
    f.facts
FROM considered AS c
INNER JOIN judged AS j ON j.program = c.program AND j.customer_id = c.customer_id AND j.subject = c.subject
INNER JOIN audience_facts AS f ON f.program = c.program AND f.customer_id = c.customer_id AND f.subject = c.subject
LEFT JOIN audience_people AS p ON p.customer_id = c.customer_id
INNER JOIN send_times AS t ON t.timezone = coalesce(p.timezone, '')
