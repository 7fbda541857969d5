-- Everything each decision was based on, as JSON with sorted keys, as it was that night. DuckDB's own: json_object quotes hostile titles.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, facts VARCHAR, item_skus VARCHAR[]
-- key: program, customer_id, subject
WITH consent AS (
    SELECT
        customer_id,
        json_object(
            'captured_at', strftime(captured_at, '%Y-%m-%dT%H:%M:%S'), 'source', source, 'status', status
        ) AS told
    FROM audience_consent
    WHERE customer_id IN (SELECT customer_id FROM considered)
),

-- what a replenishment message also speaks of
also AS (
    SELECT
        a.customer_id,
        to_json(
            list(
                json_object(
                    'due_on', r.due_on,
                    'gap_high_days', r.gap_high_days,
                    'gap_low_days', r.gap_low_days,
                    'sku', r.sku,
                    'title', p.title,
                    'usual_gap_days', r.usual_gap_days
                )
                ORDER BY a.place_in_program, r.sku
            )
        ) AS items,
        list(r.sku ORDER BY a.place_in_program, r.sku) AS skus
    FROM arbitrated AS a
    INNER JOIN subjects_replenishment AS s ON s.customer_id = a.customer_id AND s.subject = a.subject
    INNER JOIN replenishment AS r ON r.customer_id = s.customer_id AND r.sku = s.sku
    LEFT JOIN products AS p ON p.sku = r.sku
    WHERE a.program = 'replenishment' AND a.outcome = 'merged'
    GROUP BY a.customer_id
),

suggested AS (
    SELECT
        customer_id,
        to_json(
            list(
                json_object(
                    'because_sku', because_sku,
                    'because_title', because_title,
                    'score', floor(score * 1e6 + 0.5) / 1e6,
                    'sku', sku,
                    'support', support,
                    'title', title
                )
                ORDER BY position
            )
        ) AS items,
        list(sku ORDER BY position) AS skus
    FROM cross_sell_items
    WHERE
        is_allowed
        AND position <= $most_items
        AND customer_id IN (SELECT customer_id FROM considered WHERE program = 'cross_sell')
    GROUP BY customer_id
),

favourites AS (
    SELECT
        customer_id,
        to_json(
            list(
                json_object('last_bought_on', last_bought_on, 'purchases', purchases, 'sku', sku, 'title', title)
                ORDER BY position
            )
        ) AS items,
        list(sku ORDER BY position) AS skus
    FROM win_back_items
    WHERE position <= $most_items AND customer_id IN (SELECT customer_id FROM considered WHERE program = 'win_back')
    GROUP BY customer_id
),

-- what an order that went wrong holds, what is missing first
goods AS (
    SELECT
        l.order_id,
        to_json(
            list(
                json_object('is_delivered', l.is_delivered, 'qty', l.qty, 'sku', l.sku, 'title', p.title)
                ORDER BY l.is_delivered, l.qty * l.unit_price_cents DESC, l.order_line_id
            )
        ) AS items,
        list(l.sku ORDER BY l.is_delivered, l.qty * l.unit_price_cents DESC, l.order_line_id) AS skus
    FROM line_state AS l
    LEFT JOIN products AS p ON p.sku = l.sku
    WHERE l.order_id IN (SELECT order_id FROM considered WHERE is_service)
    GROUP BY l.order_id
)

SELECT
    c.program,
    c.customer_id,
    c.subject,
    CAST(json_object(
        'consent', w.told,
        'days_since_delivery', s.days_since_delivery,
        'delivered_on', s.delivered_on,
        'expected_value_cents', c.expected_value_cents,
        'order_id', s.order_id,
        'order_line_id', s.subject,
        'product_type', s.product_type,
        'readiness', g.readiness::JSON,
        'score', c.score,
        'sku', s.sku,
        'title', p.title
    ) AS VARCHAR) AS facts,
    [s.sku] AS item_skus
FROM considered AS c
INNER JOIN subjects_onboarding AS s ON s.subject = c.subject
INNER JOIN program_settings AS g ON g.program = c.program
LEFT JOIN products AS p ON p.sku = s.sku
LEFT JOIN consent AS w ON w.customer_id = c.customer_id
WHERE c.program = 'onboarding'
UNION ALL
SELECT
    c.program,
    c.customer_id,
    c.subject,
    CAST(json_object(
        'also', CASE WHEN a.outcome = 'send' THEN coalesce(o.items, '[]'::JSON) ELSE '[]'::JSON END,
        'basis', r.basis,
        'buy_probability', r.buy_probability,
        'consent', w.told,
        'days_since_supply', date_diff('day', CAST(r.supply_from_on AS DATE), CAST($run_date AS DATE)),
        'due_on', r.due_on,
        'due_on_early', r.due_on_early,
        'due_on_late', r.due_on_late,
        'expected_value_cents', c.expected_value_cents,
        'gap_high_days', r.gap_high_days,
        'gap_low_days', r.gap_low_days,
        'interval_days', r.interval_days,
        'last_bought_on', r.last_bought_on,
        'purchases', r.purchases,
        'readiness', g.readiness::JSON,
        'score', c.score,
        'sku', r.sku,
        'supply_from_on', r.supply_from_on,
        'title', p.title,
        'usual_gap_days', r.usual_gap_days
    ) AS VARCHAR) AS facts,
    CASE WHEN a.outcome = 'send' THEN list_concat([r.sku], coalesce(o.skus, [])) ELSE [r.sku] END AS item_skus
FROM considered AS c
INNER JOIN replenishment AS r ON r.customer_id = c.customer_id AND r.sku = c.sku
INNER JOIN program_settings AS g ON g.program = c.program
LEFT JOIN arbitrated AS a ON a.program = c.program AND a.customer_id = c.customer_id AND a.subject = c.subject
LEFT JOIN also AS o ON o.customer_id = c.customer_id
LEFT JOIN products AS p ON p.sku = r.sku
LEFT JOIN consent AS w ON w.customer_id = c.customer_id
WHERE c.program = 'replenishment'
UNION ALL
SELECT
    c.program,
    c.customer_id,
    c.subject,
    CAST(json_object(
        'anchor_order_id', c.order_id,
        'consent', w.told,
        'delivered_on', c.delivered_on,
        'expected_value_cents', c.expected_value_cents,
        'items', coalesce(t.items, '[]'::JSON),
        'readiness', g.readiness::JSON,
        'score', c.score
    ) AS VARCHAR) AS facts,
    coalesce(t.skus, []) AS item_skus
FROM considered AS c
INNER JOIN program_settings AS g ON g.program = c.program
LEFT JOIN suggested AS t ON t.customer_id = c.customer_id
LEFT JOIN consent AS w ON w.customer_id = c.customer_id
WHERE c.program = 'cross_sell'
UNION ALL
SELECT
    c.program,
    c.customer_id,
    c.subject,
    CAST(json_object(
        'claimed_on', CASE WHEN n.subject IS NOT NULL THEN n.since_on END,
        'days_late', d.days_late,
        'delay', d.delay,
        'delivered_on', c.delivered_on,
        'earliest_on', s.earliest_on,
        'is_marked_delivered', n.is_marked_delivered,
        'items', coalesce(i.items, '[]'::JSON),
        'last_news_on', d.last_news_on,
        'latest_on', s.latest_on,
        'next_step', s.next_step,
        'order_id', c.order_id,
        'order_name', o.name,
        'ordered_on', t.placed_on,
        'page', s.page,
        'promised_on', d.promised_on,
        'rest', p.rest,
        'since_on', c.since_on,
        'state', s.state
    ) AS VARCHAR) AS facts,
    coalesce(i.skus, []) AS item_skus
FROM considered AS c
INNER JOIN order_state AS t ON t.order_id = c.order_id
LEFT JOIN orders AS o ON o.order_id = c.order_id
LEFT JOIN next_steps AS s ON s.order_id = c.order_id
LEFT JOIN goods AS i ON i.order_id = c.order_id
LEFT JOIN subjects_delay_notice AS d ON c.program = 'delay_notice' AND d.subject = c.subject
LEFT JOIN subjects_partial_delivery AS p ON c.program = 'partial_delivery' AND p.subject = c.subject
LEFT JOIN subjects_not_received_help AS n ON c.program = 'not_received_help' AND n.subject = c.subject
WHERE c.is_service
UNION ALL
SELECT
    c.program,
    c.customer_id,
    c.subject,
    CAST(json_object(
        'consent', w.told,
        'days_since_delivery', s.days_since_delivery,
        'delivered_on', c.delivered_on,
        'expected_value_cents', c.expected_value_cents,
        'gap_basis', s.gap_basis,
        'items', coalesce(f.items, '[]'::JSON),
        'order_id', c.order_id,
        'readiness', g.readiness::JSON,
        'score', c.score,
        'usual_gap_days', s.usual_gap_days
    ) AS VARCHAR) AS facts,
    coalesce(f.skus, []) AS item_skus
FROM considered AS c
INNER JOIN subjects_win_back AS s ON s.customer_id = c.customer_id AND s.subject = c.subject
INNER JOIN program_settings AS g ON g.program = c.program
LEFT JOIN favourites AS f ON f.customer_id = c.customer_id
LEFT JOIN consent AS w ON w.customer_id = c.customer_id
WHERE c.program = 'win_back'
UNION ALL
SELECT
    c.program,
    c.customer_id,
    c.subject,
    CAST(json_object(
        'claim_type', k.claim_type,
        'consent', w.told,
        'delivered_on', c.delivered_on,
        'expected_value_cents', c.expected_value_cents,
        'occasion', y.occasion,
        'order_id', c.order_id,
        'order_name', o.name,
        'ordered_on', t.placed_on,
        'orders_reached', y.orders_reached,
        'points', y.points,
        'points_expire_on', y.points_expire_on,
        'readiness', g.readiness::JSON,
        'resolved_on', CASE WHEN k.subject IS NOT NULL THEN c.since_on END,
        'score', c.score,
        'sku', c.sku,
        'tier', y.tier,
        'title', p.title
    ) AS VARCHAR) AS facts,
    CASE WHEN c.sku IS NULL THEN [] ELSE [c.sku] END AS item_skus
FROM considered AS c
INNER JOIN program_settings AS g ON g.program = c.program
LEFT JOIN order_state AS t ON t.order_id = c.order_id
LEFT JOIN orders AS o ON o.order_id = c.order_id
LEFT JOIN products AS p ON p.sku = c.sku
LEFT JOIN subjects_claim_follow_up AS k ON c.program = 'claim_follow_up' AND k.subject = c.subject
LEFT JOIN subjects_loyalty AS y ON c.program = 'loyalty' AND y.customer_id = c.customer_id AND y.subject = c.subject
LEFT JOIN consent AS w ON w.customer_id = c.customer_id
WHERE c.program IN ('exchange_follow_up', 'claim_follow_up', 'loyalty')
