"""Customers and what they said about marketing, as nodes of a bulk operation."""

from personalization.sources.importing.adapter import Landing
from personalization.sources.importing.expressions import word
from personalization.sources.systems.shopify.vocabulary import (
    BUSINESS_TAGS,
    CONSENT_STATES,
    LEAVE_ALONE_TAGS,
    has_tag,
    leave_alone,
    present,
)

# https://shopify.dev/docs/api/admin-graphql/latest/objects/Customer; older versions of the API keep the address and
# its consent in other fields (email, emailMarketingConsent) than newer ones (defaultEmailAddress).
FIELDS = {
    "Customer": {
        "email": "$.email",
        "default_email": "$.defaultEmailAddress.emailAddress",
        "phone": "$.phone",
        "default_phone": "$.defaultPhoneNumber.phoneNumber",
        "address_phone": "$.defaultAddress.phone",
        "first_name": "$.firstName",
        "last_name": "$.lastName",
        "locale": "$.locale",
        "country": "$.defaultAddress.countryCodeV2",
        "created_at": "$.createdAt",
        "updated_at": "$.updatedAt",
        "tags": "$.tags",
        "note": "$.note",
        "companies": "$.companyContactProfiles[0].id",
        "email_state": "$.emailMarketingConsent.marketingState",
        "email_level": "$.emailMarketingConsent.marketingOptInLevel",
        "email_at": "$.emailMarketingConsent.consentUpdatedAt",
        "default_email_state": "$.defaultEmailAddress.marketingState",
        "default_email_level": "$.defaultEmailAddress.marketingOptInLevel",
        "default_email_at": "$.defaultEmailAddress.marketingUpdatedAt",
        "sms_state": "$.smsMarketingConsent.marketingState",
        "sms_level": "$.smsMarketingConsent.marketingOptInLevel",
        "sms_at": "$.smsMarketingConsent.consentUpdatedAt",
        "default_sms_state": "$.defaultPhoneNumber.marketingState",
        "default_sms_level": "$.defaultPhoneNumber.marketingOptInLevel",
        "default_sms_at": "$.defaultPhoneNumber.marketingUpdatedAt",
    },
}
_CUSTOMERS = f"""
SELECT
    file_row,
    id AS customer_id,
    coalesce({present("default_email")}, {present("email")}) AS email,
    coalesce({present("default_phone")}, {present("phone")}, {present("address_phone")}) AS phone,
    {present("first_name")} AS first_name,
    replace(locale, '-', '_') AS locale,
    country,
    created_at,
    coalesce({has_tag("tags", BUSINESS_TAGS)}, companies IS NOT NULL OR NULL) AS is_b2b,
    {leave_alone(has_tag("tags", LEAVE_ALONE_TAGS), "note")} AS do_not_contact_reason,
    concat_ws(' ', {present("first_name")}, {present("last_name")}) AS _name,
    updated_at AS _updated_at
FROM shopify_customer
"""


def _consent(channel: str) -> str:
    return f"""
SELECT
    file_row,
    id AS customer_id,
    '{channel}' AS channel,
    'marketing' AS purpose,
    coalesce(default_{channel}_at, {channel}_at) AS captured_at,
    {word(f"coalesce(default_{channel}_state, {channel}_state)", CONSENT_STATES)} AS status,
    'shopify' AS source,
    lower(coalesce(default_{channel}_level, {channel}_level)) AS method
FROM shopify_customer
WHERE coalesce(default_{channel}_state, {channel}_state) IS NOT NULL
"""


LANDINGS = (
    Landing(table="customers", select=_CUSTOMERS, origins={"created_at": "createdAt"}),
    Landing(
        table="consents",
        select=f"{_consent('email')} UNION ALL BY NAME {_consent('sms')}",
        key=("customer_id", "channel", "purpose"),
        undated="captured_at",
        origins={"captured_at": "consentUpdatedAt", "status": "marketingState"},
    ),
)
