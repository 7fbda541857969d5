-- The title is the most frequent description, the price the most frequent price, the type that of the first keyword that
-- the title contains. A keyword also matches its plural in s or es.
WITH title_votes AS (
    SELECT sku, description, count(*) AS votes FROM sales WHERE description IS NOT NULL GROUP BY ALL
),
titles AS (
    SELECT sku, description
    FROM title_votes
    QUALIFY row_number() OVER (PARTITION BY sku ORDER BY votes DESC, description) = 1
),
price_votes AS (
    SELECT sku, unit_price_cents, count(*) AS votes FROM sales GROUP BY ALL
),
prices AS (
    SELECT sku, unit_price_cents AS price_cents
    FROM price_votes
    QUALIFY row_number() OVER (PARTITION BY sku ORDER BY unit_price_cents = 0, votes DESC, unit_price_cents) = 1
),
spans AS (
    SELECT sku, min(sold_at) AS first_at, max(sold_at) AS last_at FROM sales GROUP BY sku
),
wide AS (
    SELECT
        sku,
        description,
        ' ' || trim(regexp_replace(replace(upper(description), '''', ''), '[^A-Z0-9]+', ' ', 'g')) || ' ' AS words,
        -- 'S/4', 'SET/6' and 'PACK/12' read 'set of 4', 'set of 6' and 'pack of 12'; marks inside a title get room
        regexp_replace(
            regexp_replace(regexp_replace(lower(description), '\b(s|set|pack)/(\d+)', '\1 of \2', 'g'), '^s of |\bs of (\d)', 'set of \1', 'g'),
            '\s*,\s*', ', ', 'g'
        ) AS spaced
    FROM titles
),
typed AS (
    SELECT wide.sku, min(product_types.position) AS position
    FROM wide
    JOIN product_types ON
        strpos(wide.words, product_types.words || ' ') > 0
        OR strpos(wide.words, product_types.words || 'S ') > 0
        OR strpos(wide.words, product_types.words || 'ES ') > 0
    GROUP BY wide.sku
),
worded AS (
    SELECT sku, list_filter(string_split(replace(replace(spaced, '/', '/ '), '+', ' + '), ' '), lambda word: word <> '') AS parts
    FROM wide
),
spelled AS (
    SELECT
        sku,
        rtrim(
            replace(
                list_aggregate(
                    list_transform(
                        parts,
                        lambda word, place: CASE
                            WHEN list_contains(['led', 'uk', 'usb', 'tv', 'cd', 'dvd', '3d', 'wc', 'diy'], word) THEN upper(word)
                            WHEN regexp_matches(word, '^\d') THEN word
                            WHEN place > 1 AND list_contains(['a', 'an', 'and', 'at', 'by', 'for', 'from', 'in', 'of', 'on', 'the', 'to', 'with'], word)
                                THEN word
                            WHEN regexp_matches(word, '^[("*]') THEN substr(word, 1, 1) || upper(substr(word, 2, 1)) || substr(word, 3)
                            ELSE upper(substr(word, 1, 1)) || substr(word, 2)
                        END
                    ),
                    'string_agg', ' '
                ),
                '/ ', '/'
            ),
            ' ,.'
        ) AS title
    FROM worded
),
counted AS (
    SELECT
        sku,
        TRY_CAST(coalesce(
            nullif(regexp_extract(upper(spaced), '\b(?:SET|PACK|BOX|BUNDLE) (?:OF )?(\d{1,3})\b', 1), ''),
            nullif(regexp_extract(spaced, '^(\d{1,3}) ', 1), '')
        ) AS BIGINT) AS units
    FROM wide
)
SELECT
    prices.sku,
    coalesce(nullif(spelled.title, ''), prices.sku) AS title,
    product_types.category,
    coalesce(product_types.product_type, 'unknown') AS product_type,
    product_types.days_of_supply,
    CASE WHEN counted.units > 0 THEN counted.units END AS unit_count,
    prices.price_cents,
    'GBP' AS currency,
    CASE WHEN spans.last_at < $still_sold_after THEN 'discontinued' ELSE 'active' END AS status,
    spans.first_at AS received_at,
    TRUE AS is_received_assumed
FROM prices
JOIN spans USING (sku)
LEFT JOIN spelled USING (sku)
LEFT JOIN counted USING (sku)
LEFT JOIN typed USING (sku)
LEFT JOIN product_types USING (position)
ORDER BY prices.sku
