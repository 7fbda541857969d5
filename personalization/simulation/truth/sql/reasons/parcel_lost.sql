-- The parcel is gone, also while the carrier does not say so yet: a shop that mails an offer now has lost twice.
SELECT customer_id, order_id, from_at, until_at, known_from_at, known_until_at FROM planted WHERE name = 'lost'
