-- One row for each suggested product that a bought one led to: the bought product that added most to its affinity.
-- columns: customer INTEGER, product INTEGER, because INTEGER, support BIGINT
-- key: customer, product
WITH led AS (
    SELECT
        suggested.customer,
        suggested.product,
        nearest.product AS because,
        nearest.support,
        row_number() OVER (
            PARTITION BY suggested.customer, suggested.product
            ORDER BY floor(nearest.similarity * taste.recency * 1e9 + 0.5) DESC, nearest.product
        ) AS place
    FROM suggested
    INNER JOIN nearest ON nearest.neighbour = suggested.product
    INNER JOIN taste ON taste.customer = suggested.customer AND taste.product = nearest.product
)
SELECT customer, product, because, support FROM led WHERE place = 1
