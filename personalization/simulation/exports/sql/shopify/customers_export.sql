-- The customers CSV: numbers behind an apostrophe, consent as yes and no.
WITH said AS (
    SELECT customer_id, channel, status
    FROM consents WHERE purpose = 'marketing'
    QUALIFY row_number() OVER (PARTITION BY customer_id, channel ORDER BY captured_at DESC) = 1
)

SELECT
    as_text(c.customer_id) AS "Customer ID",
    c.first_name AS "First Name",
    NULL AS "Last Name",
    c.email AS "Email",
    CASE WHEN mail.status = 'subscribed' THEN 'yes' ELSE 'no' END AS "Accepts Email Marketing",
    NULL AS "Default Address Company",
    NULL AS "Default Address Address1",
    NULL AS "Default Address Address2",
    NULL AS "Default Address City",
    NULL AS "Default Address Province Code",
    c.country AS "Default Address Country Code",
    NULL AS "Default Address Zip",
    as_text(c.phone) AS "Default Address Phone",
    as_text(c.phone) AS "Phone",
    CASE WHEN text.status = 'subscribed' THEN 'yes' ELSE 'no' END AS "Accepts SMS Marketing",
    amount(coalesce(spent.cents, 0)) AS "Total Spent",
    coalesce(spent.orders, 0) AS "Total Orders",
    CASE WHEN c.do_not_contact_reason IS NOT NULL THEN 'Spoke with her.' || chr(10) || 'Please do not contact again' END AS "Note",
    'no' AS "Tax Exempt",
    CASE WHEN c.is_b2b THEN 'wholesale' END AS "Tags"
FROM customers AS c
LEFT JOIN said AS mail ON mail.customer_id = c.customer_id AND mail.channel = 'email'
LEFT JOIN said AS text ON text.customer_id = c.customer_id AND text.channel = 'sms'
LEFT JOIN (SELECT customer_id, sum(total_cents) AS cents, count(*) AS orders FROM orders GROUP BY customer_id) AS spent
    ON spent.customer_id = c.customer_id
WHERE c.merged_into IS NULL
ORDER BY c.customer_id
