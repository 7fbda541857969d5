-- One row for each customer and product bought after day $day, up to day $until: what a past night's scores are judged by.
-- columns: customer_id VARCHAR, sku VARCHAR
-- key: customer_id, sku
SELECT DISTINCT customer_id, sku
FROM purchase_days
WHERE bought_day > $day AND bought_day <= $until
