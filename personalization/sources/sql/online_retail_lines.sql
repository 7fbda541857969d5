-- One row for each line read: its sku, its customer, its money in pence, and what kind of line it is.
-- The copy without invoices has no code: the most frequent one of its description, else a slug. A slug starts with 'd-'
-- in lower case and codes are upper case, so the two never meet.
WITH cleaned AS (
    SELECT
        line_no,
        has_invoice,
        nullif(upper(trim(invoice)), '') AS invoice,
        nullif(upper(trim(code)), '') AS own_code,
        CASE WHEN lower(trim(description)) NOT IN ('', 'nan', 'null') THEN regexp_replace(trim(description), '\s+', ' ', 'g') END
            AS description,
        quantity,
        sold_local,
        CAST(floor(price * 100 + 0.5) AS BIGINT) AS price_cents,
        CASE WHEN lower(trim(customer)) NOT IN ('', 'nan', 'null') THEN regexp_replace(trim(customer), '\.0$', '') END AS customer_id,
        trim(country) AS country
    FROM raw_lines
),
keyed AS (
    SELECT *, upper(description) AS description_key FROM cleaned
),
code_votes AS (
    SELECT description_key, own_code AS code, count(*) AS votes
    FROM keyed
    WHERE has_invoice AND own_code IS NOT NULL AND description_key IS NOT NULL AND price_cents <> 0
    GROUP BY ALL
),
codes AS (
    SELECT description_key, code AS known_code
    FROM code_votes
    QUALIFY row_number() OVER (PARTITION BY description_key ORDER BY votes DESC, code) = 1
),
invoiced_days AS (
    SELECT CAST(min(sold_local) AS DATE) AS first_on, CAST(max(sold_local) AS DATE) AS last_on FROM keyed WHERE has_invoice
),
named AS (
    SELECT keyed.*, coalesce(own_code, known_code) AS code
    FROM keyed
    LEFT JOIN codes USING (description_key)
),
unsold AS (
    SELECT code, description_key, min(non_products.kind) AS kind
    FROM (SELECT DISTINCT code, description_key FROM named) AS found
    JOIN non_products ON
        regexp_full_match(found.code, non_products.codes)
        OR (found.code IS NULL AND regexp_full_match(found.description_key, non_products.descriptions))
    GROUP BY ALL
),
slugs AS (
    SELECT description_key, 'd-' || trim(regexp_replace(lower(description_key), '[^a-z0-9]+', '-', 'g'), '-') AS slug
    FROM (SELECT DISTINCT description_key FROM named WHERE code IS NULL AND description_key IS NOT NULL) AS nameless
)
SELECT
    line_no,
    has_invoice,
    invoice,
    coalesce(named.code, slugs.slug) AS sku,
    named.code IS NULL AND slugs.slug IS NOT NULL AS is_slug,
    description,
    quantity,
    sold_local,
    timezone('UTC', timezone('Europe/London', sold_local)) AS sold_at,
    strftime(sold_local, '%Y%m%d%H%M') AS minute,
    price_cents,
    customer_id,
    country,
    unsold.kind AS non_product,
    CASE
        WHEN NOT has_invoice AND CAST(sold_local AS DATE) BETWEEN invoiced_days.first_on AND invoiced_days.last_on THEN 'overlap'
        WHEN quantity IS NULL OR quantity = 0 OR sold_local IS NULL OR price_cents IS NULL THEN 'incomplete'
        WHEN has_invoice AND (invoice IS NULL OR own_code IS NULL) THEN 'incomplete'
        WHEN unsold.kind IS NOT NULL THEN 'non_product'
        WHEN price_cents < 0 OR (price_cents = 0 AND (quantity < 0 OR customer_id IS NULL)) THEN 'write_off'
        WHEN coalesce(named.code, slugs.slug) IS NULL THEN 'incomplete'
        WHEN quantity < 0 THEN 'credit'
        ELSE 'sale'
    END AS class
FROM named
CROSS JOIN invoiced_days
LEFT JOIN unsold ON unsold.code IS NOT DISTINCT FROM named.code AND unsold.description_key IS NOT DISTINCT FROM named.description_key
LEFT JOIN slugs ON slugs.description_key = named.description_key AND named.code IS NULL
