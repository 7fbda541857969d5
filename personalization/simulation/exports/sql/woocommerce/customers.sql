-- The list of customers with an account.
SELECT
    number_of(customer_id) AS id,
    gmt(created_at) AS date_created,
    gmt(created_at) AS date_created_gmt,
    gmt(created_at) AS date_modified,
    gmt(created_at) AS date_modified_gmt,
    coalesce(email, '') AS email,
    coalesce(first_name, '') AS first_name,
    '' AS last_name,
    'customer' AS role,
    'customer-' || customer_id AS username,
    {
        'first_name': coalesce(first_name, ''),
        'last_name': '',
        'company': '',
        'country': coalesce(country, ''),
        'email': coalesce(email, ''),
        'phone': coalesce(phone, '')
    } AS billing,
    {'first_name': coalesce(first_name, ''), 'last_name': '', 'country': coalesce(country, '')} AS shipping,
    true AS is_paying_customer,
    [] AS meta_data
FROM customers
ORDER BY customer_id
