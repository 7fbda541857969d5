"""Column names that more than one stage uses, typed once, with their unit."""

CUSTOMER_ID = "customer_id"
ORDER_ID = "order_id"
SKU = "sku"
PROGRAM = "program"
SUBJECT = "subject"  # what a decision is about: an order line, an order, or a sku and its cycle
VERDICT = "verdict"
REASONS = "reasons"  # list of reason codes, the deciding one first
SEND_AT = "send_at"  # UTC instant
EXPIRES_AT = "expires_at"  # UTC instant; after it the message is not sent
MESSAGE_ID = "message_id"
DIGEST = "digest"  # SHA-256, hexadecimal
