-- One row a ticket: what it says, who wrote it as the helpdesk knows them, and where its reason and its order are noted.
WITH words (reason, tag, option, english, german) AS (
    VALUES
        ('wismo', 'WISMO', 'Shipping::Delay', 'Where is my order?', 'Wo bleibt meine Bestellung?'),
        ('return', 'return-request', 'Returns::Return request', 'I would like to send it back', 'Widerruf'),
        ('exchange', 'Exchange', 'Returns::Exchange', 'Wrong size, please exchange', 'Umtausch: falsche Größe'),
        ('refund', 'reason_refund', 'Billing::Refund', 'Where is my refund?', 'Rückerstattung noch offen'),
        ('damaged', 'Damaged item', 'Quality::Arrived damaged', 'It arrived broken', 'Ware beschädigt'),
        ('claim', 'warranty', 'Quality::Warranty claim', 'A matter of warranty', 'Garantie'),
        ('product_question', 'product question', 'Product question', 'Question about the product', 'Frage zum Artikel'),
        ('cancel', 'cancellation', 'Order::Cancel order', 'Please cancel this', 'Bitte stornieren'),
        ('address', 'address_change', 'Order::Wrong address', 'Change of my address', 'Neue Lieferadresse'),
        ('other', 'general question', NULL, NULL, NULL)
),
people AS (
    SELECT
        customer_id,
        email,
        phone,
        first_name,
        ascii(right(customer_id, 1)) % 4 = 1
            AND merged_into IS NULL
            AND count(*) OVER (PARTITION BY lower(trim(email))) = 1 AS is_known_by_email,
        row_number() OVER (ORDER BY customer_id) AS number
    FROM customers
),
numbered AS (
    SELECT *, row_number() OVER (ORDER BY ticket_id) AS number, date_diff('minute', created_at, first_reply_at) AS reply_minutes
    FROM tickets
),
noted AS (
    SELECT
        t.*,
        CASE
            WHEN w.tag IS NULL THEN 'none'
            WHEN t.number % 5 < 2 OR w.english IS NULL THEN 'tag'
            WHEN t.number % 5 = 2 THEN 'field'
            ELSE 'subject'
        END AS reason_in,
        CASE
            WHEN NOT regexp_full_match(o.name, '#[A-Za-z]{0,5}-?[0-9]{3,13}') THEN NULL
            WHEN t.number % 3 = 0 THEN 'field'
            WHEN t.number % 3 = 1 THEN 'tag'
            ELSE 'subject'
        END AS order_in,
        w.tag,
        w.option,
        CASE WHEN t.number % 2 = 0 THEN w.german ELSE w.english END AS subject,
        o.name AS order_name,
        p.email,
        p.phone,
        p.first_name,
        CASE WHEN NOT coalesce(p.is_known_by_email, FALSE) THEN p.customer_id END AS external_id,
        p.number AS person
    FROM numbered AS t
    LEFT JOIN words AS w ON w.reason = t.reason
    LEFT JOIN orders AS o ON o.order_id = t.order_id
    LEFT JOIN people AS p ON p.customer_id = t.customer_id
)
SELECT
    number,
    ticket_id,
    customer_id,
    channel,
    status,
    created_at,
    first_reply_at,
    resolved_at,
    greatest(created_at, first_reply_at, resolved_at) AS updated_at,
    reply_minutes,
    reopens,
    csat,
    coalesce(is_from_agent, FALSE) AS is_from_agent,
    coalesce(is_spam, FALSE) AS is_spam,
    coalesce(email, CASE WHEN customer_id IS NULL THEN 'nobody' || number || '@elsewhere.example' END) AS email,
    phone,
    coalesce(first_name, 'Nobody') AS first_name,
    external_id,
    coalesce(person, 1000000000 + number) AS person,
    list_filter(
        [
            CASE WHEN reason_in = 'tag' THEN tag END,
            CASE WHEN order_in = 'tag' THEN 'order_' || ltrim(order_name, '#') END,
            'from shop'
        ],
        LAMBDA t: t IS NOT NULL
    ) AS tags,
    CASE WHEN reason_in = 'field' THEN option END AS option,
    CASE WHEN order_in = 'field' THEN order_name END AS order_field,
    CASE WHEN reason_in = 'subject' THEN subject ELSE 'Hello' END
    || CASE WHEN order_in = 'subject' THEN ' (' || order_name || ')' ELSE '' END AS subject
FROM noted
ORDER BY ticket_id
