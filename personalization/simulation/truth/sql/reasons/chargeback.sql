-- The customer had the bank take the money back: trust is gone, and it is not an email that brings it back.
SELECT
    orders.customer_id,
    chargebacks.order_id,
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
