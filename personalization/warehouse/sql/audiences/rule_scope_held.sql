-- Subjects that a carrier, region or category which readiness holds has to do with: their order travelled with the carrier
-- or to the region, or what they are about (the item itself, else any line of the order) is of the category.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, code VARCHAR
-- key: program, customer_id, subject, code
WITH travelled AS (
    SELECT order_id, carrier_scope AS scope
    FROM parcel_state
    UNION
    SELECT order_id, 'region:' || split_part(lane, '/', 3) AS scope
    FROM parcel_state
),

concerned AS (
    SELECT c.program, c.customer_id, c.subject, t.scope
    FROM considered AS c
    INNER JOIN travelled AS t ON t.order_id = c.order_id
    UNION
    SELECT c.program, c.customer_id, c.subject, 'category:' || replace(p.category, ',', '-') AS scope
    FROM considered AS c
    INNER JOIN line_state AS l ON l.order_id = c.order_id
    INNER JOIN products AS p ON p.sku = l.sku
    WHERE c.sku IS NULL OR c.sku = l.sku
)

SELECT DISTINCT o.program, o.customer_id, o.subject, 'readiness:' || h."check" || ':' || h.scope AS code
FROM concerned AS o
INNER JOIN held_checks AS h ON h.program = o.program AND h.scope = o.scope
