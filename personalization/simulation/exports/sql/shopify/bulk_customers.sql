-- One node a customer; who was merged into another is gone from the shop.
WITH said AS (
    SELECT
        customer_id,
        channel,
        CASE status
            WHEN 'subscribed' THEN 'SUBSCRIBED'
            WHEN 'pending' THEN 'PENDING'
            WHEN 'unsubscribed' THEN 'UNSUBSCRIBED'
            WHEN 'suppressed' THEN 'INVALID'
            ELSE 'NOT_SUBSCRIBED'
        END AS state,
        captured_at
    FROM consents
    WHERE purpose = 'marketing' AND status <> 'unknown'
    QUALIFY row_number() OVER (PARTITION BY customer_id, channel ORDER BY captured_at DESC) = 1
)

SELECT
    CAST(to_json({
        'id': gid('Customer', c.customer_id),
        'firstName': c.first_name,
        'lastName': CAST(NULL AS VARCHAR),
        'locale': replace(c.locale, '_', '-'),
        'createdAt': zulu(c.created_at),
        'updatedAt': zulu(greatest(c.created_at, mail.captured_at, text.captured_at)),
        'tags': list_concat(
            CASE WHEN c.is_b2b THEN ['wholesale'] ELSE [] END,
            CASE WHEN c.do_not_contact_reason IS NOT NULL THEN ['do-not-contact'] ELSE [] END
        ),
        'note': CAST(NULL AS VARCHAR),
        'companyContactProfiles': [],
        'defaultAddress': {'countryCodeV2': c.country, 'phone': CAST(NULL AS VARCHAR)},
        'defaultEmailAddress': CASE WHEN c.email IS NOT NULL THEN {
            'emailAddress': c.email,
            'marketingState': mail.state,
            'marketingOptInLevel': CASE WHEN mail.state = 'SUBSCRIBED' THEN 'SINGLE_OPT_IN' END,
            'marketingUpdatedAt': zulu(mail.captured_at)
        } END,
        'defaultPhoneNumber': CASE WHEN c.phone IS NOT NULL THEN {
            'phoneNumber': c.phone,
            'marketingState': text.state,
            'marketingOptInLevel': CASE WHEN text.state = 'SUBSCRIBED' THEN 'SINGLE_OPT_IN' END,
            'marketingUpdatedAt': zulu(text.captured_at)
        } END
    }) AS VARCHAR) AS line
FROM customers AS c
LEFT JOIN said AS mail ON mail.customer_id = c.customer_id AND mail.channel = 'email'
LEFT JOIN said AS text ON text.customer_id = c.customer_id AND text.channel = 'sms'
WHERE c.merged_into IS NULL
ORDER BY c.customer_id
