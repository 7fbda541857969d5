-- The orders that come, one a customer and fortnight, with what is bought: the product of the message, else what they bought last
-- of its kind, else any product of the catalogue.
WITH decided AS (
    SELECT
        drawn.customer_id,
        drawn.fortnight,
        min(drawn.baseline) AS baseline,
        min(drawn.draw) AS draw,
        min(drawn.fortnight_key) AS fortnight_key,
        min(drawn.pick_draw) AS pick_draw,
        arg_min(drawn.program, (drawn.sent_at, drawn.message_id)) AS program,
        arg_min(drawn.sku, (drawn.sent_at, drawn.message_id)) AS sku,
        min(drawn.sent_at) + to_seconds(min(drawn.order_seconds)) AS placed_at
    FROM drawn
    JOIN outcomes ON outcomes.message_id = drawn.message_id
    GROUP BY drawn.customer_id, drawn.fortnight
    HAVING bool_or(outcomes.has_ordered)
),
shelf AS (
    SELECT sku, row_number() OVER (ORDER BY sku) - 1 AS place, count(*) OVER () AS length
    FROM products
    WHERE status = 'active' AND price_cents > 0
),
habits AS (
    SELECT
        customer_id,
        arg_max(sku, (placed_at, order_line_id)) AS last_sku,
        arg_max(sku, (placed_at, order_line_id)) FILTER (WHERE product_type = 'consumable') AS last_consumable
    FROM bought
    GROUP BY customer_id
),
chosen AS (
    SELECT
        decided.*,
        coalesce(
            decided.sku,
            CASE WHEN decided.program = 'replenishment' THEN habits.last_consumable END,
            CASE WHEN decided.program = 'onboarding' THEN habits.last_sku END,
            shelf.sku,
            habits.last_sku
        ) AS chosen_sku
    FROM decided
    LEFT JOIN habits ON habits.customer_id = decided.customer_id
    LEFT JOIN shelf ON shelf.place = CAST(floor(decided.pick_draw * shelf.length) AS BIGINT)
)
SELECT
    -- A nine before the customer and the fortnight: no other order is numbered so.
    '9' || chosen.customer_id || lpad(CAST(chosen.fortnight AS VARCHAR), 4, '0') AS order_id,
    chosen.customer_id,
    chosen.placed_at,
    chosen.chosen_sku AS sku,
    coalesce(products.price_cents, 0) AS price_cents,
    coalesce(products.currency, 'GBP') AS currency,
    chosen.draw >= chosen.baseline AS is_caused
FROM chosen
LEFT JOIN products ON products.sku = chosen.chosen_sku
WHERE chosen.chosen_sku IS NOT NULL
