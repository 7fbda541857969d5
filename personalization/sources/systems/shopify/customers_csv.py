"""The customers CSV of Shopify's admin pages: ids and numbers behind an apostrophe, consent as yes and no, no times."""

from personalization.sources.importing.adapter import Landing, Shape
from personalization.sources.importing.expressions import yes_no
from personalization.sources.systems.shopify.vocabulary import (
    BUSINESS_TAGS,
    LEAVE_ALONE_TAGS,
    has_tag,
    leave_alone,
    present,
    snake,
    unquoted,
)

# https://help.shopify.com/en/manual/customers/import-export-customers
_COLUMNS = (
    *("Customer ID", "First Name", "Last Name", "Email", "Accepts Email Marketing", "Default Address Country Code"),
    *("Phone", "Accepts SMS Marketing", "Tags", "Default Address Phone", "Note"),
)
_ROWS = f"(SELECT file_row, {snake(_COLUMNS)} FROM raw)"
_CUSTOMERS = f"""
SELECT
    file_row,
    {unquoted("customer_id")} AS customer_id,
    {present("email")} AS email,
    coalesce({unquoted("phone")}, {unquoted("default_address_phone")}) AS phone,
    {present("first_name")} AS first_name,
    {present("default_address_country_code")} AS country,
    {has_tag("tags", BUSINESS_TAGS)} AS is_b2b,
    {leave_alone(has_tag("tags", LEAVE_ALONE_TAGS), "note")} AS do_not_contact_reason,
    concat_ws(' ', {present("first_name")}, {present("last_name")}) AS _name
FROM {_ROWS}
"""


def _consent(channel: str, column: str) -> str:
    status = yes_no(column, yes="subscribed", no="unsubscribed")
    return (
        f"SELECT file_row, {unquoted('customer_id')} AS customer_id, '{channel}' AS channel, 'marketing' AS purpose,"
        f" CAST(NULL AS VARCHAR) AS captured_at, {status} AS status, 'shopify' AS source"
        f" FROM {_ROWS} WHERE {present(column)} IS NOT NULL"
    )


_CONSENTS = (
    f"{_consent('email', 'accepts_email_marketing')} UNION ALL BY NAME {_consent('sms', 'accepts_sms_marketing')}"
)

SHAPE = Shape(
    name="customers_csv",
    format="csv",
    required=("Customer ID", "Email", "Accepts Email Marketing"),
    columns=_COLUMNS,
    landings=(
        Landing(table="customers", select=_CUSTOMERS, origins={"customer_id": "Customer ID", "email": "Email"}),
        Landing(
            table="consents",
            select=_CONSENTS,
            key=("customer_id", "channel", "purpose"),
            undated="captured_at",
            origins={"customer_id": "Customer ID"},
        ),
    ),
)
