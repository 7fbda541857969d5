-- Only a yes that stands is a yes (R49): never asked, unknown, pending, refused and withdrawn all mean no.
SELECT customer_id, from_at, until_at, known_from_at, known_until_at FROM consent_spans WHERE NOT is_yes
