-- What the reasons found, still in moments; what a reason does not say of a row stands as here.
CREATE TABLE found (
    reason VARCHAR,
    customer_id VARCHAR,
    program VARCHAR,
    scope VARCHAR DEFAULT 'customer',
    order_id VARCHAR,
    sku VARCHAR,
    category VARCHAR,
    certainty VARCHAR DEFAULT 'must',
    from_at TIMESTAMP,
    until_at TIMESTAMP,
    known_from_at TIMESTAMP,
    known_until_at TIMESTAMP
)
