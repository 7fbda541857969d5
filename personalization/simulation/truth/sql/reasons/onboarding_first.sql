-- Considered goods come with confidence first (R18): nothing is sold on top before the thing has arrived and, for two weeks (our
-- choice), been lived with.
WITH considered AS (
    SELECT DISTINCT journeys.*, made_good.made_good_at, made_good.told_at FROM journeys
    JOIN bought ON bought.order_id = journeys.order_id
    LEFT JOIN made_good ON made_good.order_id = journeys.order_id
    WHERE bought.product_type = 'considered' AND NOT bought.is_cancelled AND journeys.cancelled_at IS NULL
)
SELECT
    customer_id,
    'cross_sell' AS program,
    order_id,
    'must' AS certainty,
    placed_at AS from_at,
    least(arrived_at, made_good_at) AS until_at,
    known_at AS known_from_at,
    least(told_arrived_at, told_at) AS known_until_at
FROM considered
UNION ALL
SELECT
    customer_id,
    'cross_sell',
    order_id,
    'should',
    arrived_at,
    arrived_at + INTERVAL 14 DAY,
    told_arrived_at,
    told_arrived_at + INTERVAL 14 DAY
FROM considered
WHERE arrived_at IS NOT NULL
