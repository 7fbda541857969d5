-- Pages of GET /api/profiles?additional-fields[profile]=subscriptions, a hundred profiles each.
-- https://developers.klaviyo.com/en/reference/get_profiles
WITH newest AS (
    SELECT
        customer_id,
        channel,
        purpose,
        arg_max(status, captured_at) AS status,
        arg_max(source, captured_at) AS source,
        arg_max(method, captured_at) AS method,
        max(captured_at) AS said_at
    FROM consents
    GROUP BY customer_id, channel, purpose
),
said AS (
    SELECT
        customer_id,
        channel,
        purpose,
        said_at,
        CASE status WHEN 'subscribed' THEN 'SUBSCRIBED' WHEN 'unsubscribed' THEN 'UNSUBSCRIBED' ELSE 'NEVER_SUBSCRIBED' END AS consent,
        CASE WHEN status IN ('subscribed', 'unsubscribed') THEN zulu(said_at) END AS consent_timestamp,
        zulu(said_at) AS last_updated,
        CASE WHEN source = 'preference_centre' THEN 'PREFERENCE_PAGE' END AS method,
        coalesce(method, '') AS method_detail
    FROM newest
),
listed AS (
    SELECT
        c.customer_id,
        s.suppressed_at,
        [{
            'reason': CASE s.reason
                WHEN 'hard_bounce' THEN 'HARD_BOUNCE'
                WHEN 'complaint' THEN 'SPAM_COMPLAINT'
                WHEN 'unsubscribe' THEN 'UNSUBSCRIBE'
                WHEN 'invalid_address' THEN 'INVALID_EMAIL'
                ELSE 'USER_SUPPRESSED'
            END,
            'timestamp': zulu(s.suppressed_at)
        }] AS suppression
    FROM customers AS c
    INNER JOIN suppressions AS s ON s.channel = 'email' AND s.address_hash = sha256(lower(trim(c.email)))
),
people AS (
    SELECT
        *,
        row_number() OVER (ORDER BY customer_id) AS number,
        -- Whom the shop's platform did not name is known by the address, where nobody else has it.
        CASE
            WHEN ascii(right(customer_id, 1)) % 4 <> 1
                OR email IS NULL
                OR merged_into IS NOT NULL
                OR count(*) OVER (PARTITION BY lower(trim(email))) > 1 THEN customer_id
        END AS external_id
    FROM customers
),
profiles AS (
    SELECT
        p.number,
        {
            'type': 'profile',
            'id': '01P' || p.customer_id,
            'attributes': {
                'email': p.email,
                'phone_number': p.phone,
                'external_id': p.external_id,
                'first_name': p.first_name,
                'last_name': CAST(NULL AS VARCHAR),
                'locale': replace(p.locale, '_', '-'),
                'created': zulu(p.created_at),
                'updated': zulu(greatest(p.created_at, e.said_at, s.said_at, t.said_at, l.suppressed_at)),
                'location': {'country': country_name(p.country), 'timezone': p.timezone},
                'subscriptions': {
                    'email': {
                        'marketing': {
                            'can_receive_email_marketing': l.suppression IS NULL,
                            'consent': coalesce(e.consent, 'NEVER_SUBSCRIBED'),
                            'consent_timestamp': e.consent_timestamp,
                            'last_updated': e.last_updated,
                            'method': e.method,
                            'method_detail': e.method_detail,
                            'double_optin': coalesce(e.method_detail = 'link in a mail', FALSE),
                            'suppression': coalesce(l.suppression, []),
                            'list_suppressions': CAST([] AS VARCHAR[])
                        }
                    },
                    'sms': {
                        'marketing': CASE WHEN s.consent IS NOT NULL THEN {
                            'can_receive_sms_marketing': s.consent = 'SUBSCRIBED',
                            'consent': s.consent,
                            'consent_timestamp': s.consent_timestamp,
                            'last_updated': s.last_updated,
                            'method': s.method
                        } END,
                        'transactional': CASE WHEN t.consent IS NOT NULL THEN {
                            'can_receive_sms_transactional': t.consent = 'SUBSCRIBED',
                            'consent': t.consent,
                            'consent_timestamp': t.consent_timestamp,
                            'last_updated': t.last_updated,
                            'method': t.method
                        } END
                    }
                }
            }
        } AS profile
    FROM people AS p
    LEFT JOIN said AS e ON e.customer_id = p.customer_id AND e.channel = 'email' AND e.purpose = 'marketing'
    LEFT JOIN said AS s ON s.customer_id = p.customer_id AND s.channel = 'sms' AND s.purpose = 'marketing'
    LEFT JOIN said AS t ON t.customer_id = p.customer_id AND t.channel = 'sms' AND t.purpose = 'transactional'
    LEFT JOIN listed AS l ON l.customer_id = p.customer_id
)
SELECT list(profile ORDER BY number) AS data, {'next': NULL} AS links
FROM profiles
GROUP BY number // 100
ORDER BY number // 100
