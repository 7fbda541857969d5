-- Whether each person who would be written to is withheld: from everything, or from the winning program. What was drawn on an earlier night stands, under an account merged since too, and is then new under the one that is left. DuckDB's own: sha256; the first 64 bits, as hexadecimal text, are compared with the share.
-- columns: customer_id VARCHAR, program VARCHAR, is_withheld BOOLEAN, is_new BOOLEAN
-- key: customer_id, program
WITH drawn AS (
    SELECT
        customer_id,
        $everyone AS program,
        substr(sha256($salt || ':' || $everyone || ':' || customer_id), 1, 16) < $global_below AS is_withheld
    FROM arbitrated
    WHERE outcome = 'send' AND NOT is_service
    UNION ALL
    SELECT
        customer_id,
        program,
        substr(sha256($salt || ':' || program || ':' || customer_id), 1, 16) < $program_below AS is_withheld
    FROM arbitrated
    WHERE outcome = 'send' AND NOT is_service
)

SELECT
    d.customer_id,
    d.program,
    coalesce(h.is_withheld, d.is_withheld) AS is_withheld,
    NOT coalesce(h.is_own, FALSE) AS is_new
FROM drawn AS d
LEFT JOIN holdouts_before AS h ON h.customer_id = d.customer_id AND h.program = d.program
