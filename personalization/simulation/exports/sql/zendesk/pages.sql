-- Pages of the incremental export, a thousand tickets each, with their users and metric sets.
-- https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
WITH told_here AS (
    SELECT
        *,
        number // 1000 AS page,
        10000000 + person AS requester_id,
        -- Agents submit what they begin, and calls that they take down.
        CASE WHEN is_from_agent OR channel = 'phone' THEN 1 ELSE 10000000 + person END AS submitter_id
    FROM told
),
written AS (
    SELECT
        page,
        number,
        {
            'id': number_of(ticket_id),
            'external_id': CAST(NULL AS VARCHAR),
            'via': {
                'channel': CASE channel WHEN 'chat' THEN 'native_messaging' WHEN 'phone' THEN 'voice' ELSE channel END,
                'source': {'rel': CASE WHEN channel = 'phone' THEN CASE WHEN is_from_agent THEN 'outbound' ELSE 'inbound' END END}
            },
            'created_at': zulu(created_at),
            'updated_at': zulu(updated_at),
            'type': 'question',
            'subject': subject,
            'raw_subject': subject,
            'description': 'The words of a message, which nobody may import.',
            'priority': 'normal',
            'status': status,
            'requester_id': requester_id,
            'submitter_id': submitter_id,
            'assignee_id': 1,
            'tags': list_transform(
                CASE WHEN is_spam THEN list_append(tags, 'spam') ELSE tags END,
                LAMBDA t: replace(lower(t), ' ', '_')
            ),
            'custom_fields': [
                {'id': 360001, 'value': replace(replace(lower(option), ' ', '_'), '::', '__')},
                {'id': 360002, 'value': order_field}
            ],
            'satisfaction_rating': {'score': CASE WHEN csat >= 4 THEN 'good' WHEN csat <= 2 THEN 'bad' ELSE 'unoffered' END}
        } AS ticket,
        {
            'ticket_id': number_of(ticket_id),
            'updated_at': zulu(updated_at),
            'reopens': reopens,
            'replies': CASE WHEN reply_minutes IS NULL THEN 0 ELSE 1 END,
            'solved_at': CASE WHEN status IN ('solved', 'closed') THEN zulu(resolved_at) END,
            'reply_time_in_minutes': {'calendar': reply_minutes, 'business': reply_minutes // 3}
        } AS metric
    FROM told_here
),
users AS (
    SELECT
        page,
        requester_id AS id,
        any_value(first_name) AS name,
        any_value(email) AS email,
        any_value(phone) AS phone,
        any_value(external_id) AS external_id,
        'end-user' AS role
    FROM told_here
    GROUP BY page, requester_id
    UNION ALL BY NAME
    SELECT DISTINCT page, 1 AS id, 'An agent' AS name, 'agent@helpdesk.example' AS email, 'agent' AS role FROM told_here
),
sideloads AS (
    SELECT
        page,
        list({'id': id, 'name': name, 'email': email, 'phone': phone, 'external_id': external_id, 'role': role} ORDER BY id) AS users
    FROM users
    GROUP BY page
)
SELECT
    list(w.ticket ORDER BY w.number) AS tickets,
    any_value(s.users) AS users,
    list(w.metric ORDER BY w.number) AS metric_sets,
    count(*) AS count,
    w.page = max(w.page) OVER () AS end_of_stream
FROM written AS w
INNER JOIN sideloads AS s ON s.page = w.page
GROUP BY w.page
ORDER BY w.page
