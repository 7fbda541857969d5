-- The customer had the bank take the money back: trust is gone, and it is not an email that brings it back; a
-- careful shop waits half a year (our choice), which is how long a bank may take.
SELECT
    orders.customer_id,
    chargebacks.order_id,
    'must' AS certainty,
    chargebacks.opened_at AS from_at,
    planted.until_at,
    coalesce(chargebacks.received_at, chargebacks.opened_at) AS known_from_at,
    planted.until_at AS known_until_at
FROM chargebacks
JOIN orders ON orders.order_id = chargebacks.order_id
LEFT JOIN (
    SELECT order_id, CASE WHEN count(*) = count(until_at) THEN max(until_at) END AS until_at
    FROM planted
    WHERE name = 'chargeback'
    GROUP BY order_id
) AS planted ON planted.order_id = chargebacks.order_id
UNION ALL
SELECT
    orders.customer_id,
    chargebacks.order_id,
    'should',
    chargebacks.opened_at,
    chargebacks.opened_at + INTERVAL 180 DAY,
    coalesce(chargebacks.received_at, chargebacks.opened_at),
    chargebacks.opened_at + INTERVAL 180 DAY
FROM chargebacks
JOIN orders ON orders.order_id = chargebacks.order_id
