-- At most one row: the country that most customers live in, which is home; of two as large the first by name.
-- columns: country VARCHAR
-- key: country
WITH counted AS (
    SELECT country, count(*) AS people
    FROM customers
    WHERE country IS NOT NULL
    GROUP BY country
),
ranked AS (
    SELECT country, row_number() OVER (ORDER BY people DESC, country ASC) AS place
    FROM counted
)
SELECT country
FROM ranked
WHERE place = 1
