-- One row for each customer, product and day of purchase in the two years up to day $day.
-- columns: customer_id VARCHAR, sku VARCHAR, bought_day BIGINT
-- key: customer_id, sku, bought_day
SELECT customer_id, sku, bought_day
FROM purchase_days
WHERE bought_day <= $day AND bought_day > $day - 730
