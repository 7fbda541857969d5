-- What was drawn on earlier nights, by the person each account lives on under today: withheld under one account is withheld under all. is_own says that the draw is stored under that very id.
-- columns: customer_id VARCHAR, program VARCHAR, is_withheld BOOLEAN, is_own BOOLEAN
-- key: customer_id, program
SELECT
    coalesce(a.person_id, h.customer_id) AS customer_id,
    h.program,
    max(CASE WHEN h.is_withheld THEN 1 ELSE 0 END) = 1 AS is_withheld,
    max(CASE WHEN coalesce(a.person_id, h.customer_id) = h.customer_id THEN 1 ELSE 0 END) = 1 AS is_own
FROM holdouts_arrived AS h
LEFT JOIN audience_alias AS a ON a.customer_id = h.customer_id
GROUP BY coalesce(a.person_id, h.customer_id), h.program
