-- What repeated and avoidable questions cost in the window, without those about parcels and claims, which count there: a
-- question about a return, an exchange or a refund, or any second question about the same order within 14 days. One row a
-- component: minutes by their handle time, unmeasured by number.
-- columns: component VARCHAR, events BIGINT, customers BIGINT, amount DOUBLE, squares DOUBLE
-- key: component
WITH costs AS (
    SELECT
        CASE WHEN handle_minutes IS NULL THEN 'unmeasured' ELSE 'minutes' END AS component,
        who,
        coalesce(handle_minutes, CAST(1 AS DOUBLE)) AS amount
    FROM ticket_facts
    WHERE is_in_window
        AND reason NOT IN ('wismo', 'damaged', 'claim')
        AND (reason IN ('return', 'exchange', 'refund') OR earlier > 0)
)
SELECT component, count(*) AS events, count(DISTINCT who) AS customers, sum(amount) AS amount, sum(amount * amount) AS squares
FROM costs
GROUP BY component
