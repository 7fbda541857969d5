-- A voucher, a download or a service is not unpacked and does not run out.
SELECT
    bought.customer_id,
    programs.program,
    'item' AS scope,
    min(bought.placed_at) AS from_at,
    bought.sku,
    min(bought.known_at) AS known_from_at
FROM bought
CROSS JOIN (VALUES ('onboarding'), ('replenishment')) AS programs (program)
WHERE NOT bought.is_in_a_parcel
GROUP BY bought.customer_id, programs.program, bought.sku
