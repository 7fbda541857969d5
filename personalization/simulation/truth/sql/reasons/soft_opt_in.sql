-- Bought and did not object allows mail about similar products (T10): what is offered across categories is doubtful.
SELECT customer_id, 'cross_sell' AS program, from_at, until_at, known_from_at, known_until_at, 'should' AS certainty
FROM consent_spans
WHERE status = 'soft_opt_in'
