-- People whose yes to email is of a kind that the shop does not let count in their country ([consent] in shop.toml); a country that is not named there is one of the rest.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT w.customer_id
FROM audience_consent AS w
INNER JOIN audience_people AS p ON p.customer_id = w.customer_id
LEFT JOIN (SELECT DISTINCT country FROM consent_counts WHERE country <> 'default') AS named
    ON lower(named.country) = lower(trim(p.country))
WHERE
    w.status IN ('subscribed', 'soft_opt_in')
    AND NOT EXISTS (
        SELECT 1
        FROM consent_counts AS c
        WHERE c.country = coalesce(named.country, 'default') AND c.status = w.status
    )
