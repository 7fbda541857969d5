-- The address is made of the name and the id, in a domain that can never exist.
SELECT customers.* REPLACE (
    coalesce(
        customers.email,
        lower(people.first_name) || '.' || trim(regexp_replace(lower(customers.customer_id), '[^a-z0-9]+', '-', 'g'), '-')
        || '@mailbox.example'
    ) AS email,
    coalesce(customers.first_name, people.first_name) AS first_name,
    coalesce(customers.postal_region, CASE WHEN coalesce(customers.country, 'GB') = 'GB' THEN people.region END) AS postal_region
)
FROM customers
JOIN people ON people.customer_id = customers.customer_id
WHERE customers.created_at IS NULL OR customers.created_at < $until
ORDER BY customers.customer_id
