-- The verdict on every subject considered: the first step that objects decides, and every objection is kept, the deciding one first.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, verdict VARCHAR, codes VARCHAR, rival VARCHAR
-- key: program, customer_id, subject
WITH ordered AS (
    SELECT
        x.program,
        x.customer_id,
        x.subject,
        x.code,
        r.step,
        r.verdict,
        row_number() OVER (PARTITION BY x.program, x.customer_id, x.subject ORDER BY r.step, r.place, x.code) AS place
    FROM (SELECT DISTINCT program, customer_id, subject, code FROM objections) AS x
    INNER JOIN reason_words AS r ON r.word = split_part(x.code, ':', 1)
),

blocked AS (
    SELECT
        program,
        customer_id,
        subject,
        max(CASE WHEN place = 1 THEN verdict END) AS verdict,
        string_agg(code, chr(31) ORDER BY place, code) AS codes
    FROM ordered
    GROUP BY program, customer_id, subject
),

withheld AS (
    SELECT
        customer_id,
        max(CASE WHEN program = $everyone THEN 1 ELSE 0 END) AS from_everything
    FROM holdout_draw
    WHERE is_withheld
    GROUP BY customer_id
)

SELECT
    c.program,
    c.customer_id,
    c.subject,
    CASE
        WHEN b.verdict IS NOT NULL THEN b.verdict
        WHEN a.outcome = 'send' AND NOT c.is_service AND w.customer_id IS NOT NULL THEN 'holdout'
        ELSE a.outcome
    END AS verdict,
    CASE
        WHEN b.verdict IS NOT NULL THEN b.codes
        WHEN a.outcome = 'send' AND NOT c.is_service AND w.from_everything = 1 THEN 'holdout_global'
        WHEN a.outcome = 'send' AND NOT c.is_service AND w.from_everything = 0 THEN 'holdout_program'
        WHEN a.outcome <> 'send' THEN a.code
    END AS codes,
    a.rival
FROM considered AS c
LEFT JOIN blocked AS b ON b.program = c.program AND b.customer_id = c.customer_id AND b.subject = c.subject
LEFT JOIN arbitrated AS a ON a.program = c.program AND a.customer_id = c.customer_id AND a.subject = c.subject
LEFT JOIN withheld AS w ON w.customer_id = c.customer_id
