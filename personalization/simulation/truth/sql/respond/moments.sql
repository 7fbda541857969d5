-- How each message meets its customer: welcome at all, at the right time, and after how many others.
WITH unwelcome AS (
    -- A message is sent in the morning: what counts is how the night before it ended.
    SELECT DISTINCT sent.message_id
    FROM sent
    JOIN read_parquet($left_alone) AS left_alone
        ON left_alone.customer_id = sent.customer_id
        AND left_alone.from_on <= CAST(sent.sent_at AS DATE) - 1
        AND (left_alone.until_on IS NULL OR CAST(sent.sent_at AS DATE) - 1 < left_alone.until_on)
    WHERE left_alone.scope = 'customer'
        AND left_alone.certainty = 'must'
        AND (left_alone.program IS NULL OR left_alone.program = sent.program)
        AND list_contains($unwelcome, left_alone.reason)
),
timely AS (
    -- Some of what they have is about to run out: by their own true rhythm, or else as written on the pack.
    SELECT sent.message_id
    FROM sent
    JOIN bought ON bought.customer_id = sent.customer_id AND bought.product_type = 'consumable' AND NOT bought.is_cancelled
    JOIN journeys ON journeys.order_id = bought.order_id
    LEFT JOIN cycles
        ON cycles.customer_id = bought.customer_id AND cycles.sku = bought.sku AND cycles.begins_at <= bought.placed_at
    WHERE sent.program = 'replenishment'
        AND coalesce(cycles.ends_at > sent.sent_at, TRUE)
        AND coalesce(sent.sku = bought.sku, TRUE)
        AND epoch(sent.sent_at - journeys.arrived_at) BETWEEN
            86400 * $from_share * bought.qty * coalesce(cycles.cycle_days, bought.days_of_supply, $usual_supply_days)
            AND 86400 * $until_share * bought.qty * coalesce(cycles.cycle_days, bought.days_of_supply, $usual_supply_days)
    UNION
    SELECT sent.message_id
    FROM sent
    JOIN journeys ON journeys.customer_id = sent.customer_id
    WHERE sent.program = 'onboarding'
        AND epoch(sent.sent_at - journeys.arrived_at) BETWEEN 86400 * $onboarding_from AND 86400 * $onboarding_until
    UNION
    -- The last thing has arrived and been lived with, and is not forgotten.
    SELECT sent.message_id
    FROM sent
    JOIN journeys ON journeys.customer_id = sent.customer_id AND journeys.arrived_at <= sent.sent_at
    WHERE sent.program = 'cross_sell'
    GROUP BY sent.message_id, sent.sent_at
    HAVING epoch(sent.sent_at - max(journeys.arrived_at)) BETWEEN 86400 * $cross_sell_from AND 86400 * $cross_sell_until
),
others AS (
    SELECT message_id, customer_id, sent_at FROM sent WHERE NOT is_withheld
    UNION
    SELECT messages.message_id, messages.customer_id, messages.sent_at
    FROM messages
    WHERE messages.class = 'marketing' AND NOT EXISTS (SELECT 1 FROM sent WHERE sent.message_id = messages.message_id)
),
before_it AS (
    SELECT sent.message_id, count(*) AS messages
    FROM sent
    JOIN others
        ON others.customer_id = sent.customer_id
        AND others.message_id <> sent.message_id
        AND others.sent_at <= sent.sent_at
        AND others.sent_at > sent.sent_at - INTERVAL 7 DAY
    GROUP BY sent.message_id
)
SELECT
    sent.message_id,
    CASE
        WHEN unwelcome.message_id IS NOT NULL THEN 'unwelcome'
        WHEN timely.message_id IS NOT NULL THEN 'well_timed'
        ELSE 'ill_timed'
    END AS timing,
    coalesce(before_it.messages, 0) AS extra_messages
FROM sent
LEFT JOIN unwelcome ON unwelcome.message_id = sent.message_id
LEFT JOIN timely ON timely.message_id = sent.message_id
LEFT JOIN before_it ON before_it.message_id = sent.message_id
