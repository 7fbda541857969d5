-- When what went wrong with an order's parcels was over without their arrival: a claim for a lost parcel decided, money paid back
-- that no return explains, or, ninety days on (our choice), a later order that did arrive: they came back all the same.
WITH amends AS (
    SELECT order_id, resolved_at AS made_good_at, resolved_at AS told_at
    FROM claims
    WHERE type IN ('lost', 'not_received') AND resolved_at IS NOT NULL
    UNION ALL
    SELECT order_id, refunded_at, coalesce(received_at, refunded_at)
    FROM refunds
    WHERE order_id NOT IN (SELECT order_id FROM returns WHERE order_id IS NOT NULL)
    UNION ALL
    SELECT
        failed.order_id,
        greatest(failed.placed_at + INTERVAL 90 DAY, later.arrived_at),
        greatest(failed.placed_at + INTERVAL 90 DAY, later.told_arrived_at)
    FROM journeys AS failed
    LEFT JOIN merges AS old ON old.customer_id = failed.customer_id
    JOIN (
        SELECT coalesce(merges.survivor_id, journeys.customer_id) AS person_id, placed_at, arrived_at, told_arrived_at
        FROM journeys
        LEFT JOIN merges ON merges.customer_id = journeys.customer_id
        WHERE arrived_at IS NOT NULL AND cancelled_at IS NULL
    ) AS later
        ON later.person_id = coalesce(old.survivor_id, failed.customer_id) AND later.placed_at > failed.placed_at
    WHERE failed.arrived_at IS NULL OR failed.order_id IN (SELECT order_id FROM parcels WHERE delivered_at IS NULL)
)
SELECT order_id, min(made_good_at) AS made_good_at, min(told_at) AS told_at
FROM amends
GROUP BY order_id
