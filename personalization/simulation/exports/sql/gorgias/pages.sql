-- Pages of GET /api/tickets, a hundred tickets each; messages as GET /api/tickets/{id} has them.
-- https://developers.gorgias.com/reference/the-ticket-object
WITH written AS (
    SELECT
        number // 100 AS page,
        number,
        {
            'id': number_of(ticket_id),
            'status': CASE WHEN status IN ('new', 'open') THEN 'open' ELSE 'closed' END,
            'priority': 'normal',
            'channel': channel,
            'via': CASE channel WHEN 'chat' THEN 'gorgias_chat' ELSE channel END,
            'from_agent': is_from_agent,
            'spam': is_spam,
            'customer': {
                'id': person,
                'email': email,
                'name': first_name,
                'external_id': external_id,
                'channels': CASE WHEN phone IS NOT NULL THEN [{'type': 'phone', 'address': phone}] ELSE [] END,
                'integrations': CASE WHEN external_id IS NOT NULL THEN
                    {'6': {'__integration_type__': 'shopify', 'customer': {'id': number_of(external_id)}}}
                END
            },
            'subject': subject,
            'excerpt': 'The words of a message, which nobody may import.',
            'tags': list_transform(tags, LAMBDA t: {'name': t}),
            'custom_fields': {'123': {'id': 123, 'value': option}, '124': {'id': 124, 'value': order_field}},
            'messages': list_filter(
                [
                    {'from_agent': is_from_agent, 'public': TRUE, 'rule_id': CAST(NULL AS INTEGER), 'created_datetime': stamp(created_at)},
                    {'from_agent': TRUE, 'public': TRUE, 'rule_id': 7, 'created_datetime': stamp(created_at)},
                    {'from_agent': TRUE, 'public': TRUE, 'rule_id': NULL, 'created_datetime': stamp(first_reply_at)}
                ],
                LAMBDA m: m.created_datetime IS NOT NULL
            ),
            'created_datetime': stamp(created_at),
            'updated_datetime': stamp(updated_at),
            'closed_datetime': CASE WHEN status NOT IN ('new', 'open') THEN stamp(coalesce(resolved_at, updated_at)) END,
            'snooze_datetime': CASE WHEN status IN ('pending', 'hold') THEN stamp(updated_at + INTERVAL 30 DAY) END,
            'trashed_datetime': CAST(NULL AS VARCHAR),
            'satisfaction_survey': CASE WHEN csat IS NOT NULL THEN {'score': csat} END
        } AS ticket
    FROM told
)
SELECT 'list' AS object, list(ticket ORDER BY number) AS data
FROM written
GROUP BY page
ORDER BY page
