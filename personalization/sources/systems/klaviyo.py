"""Klaviyo: profiles as its API gives them (with ``additional-fields[profile]=subscriptions``) and as CSV exports.

``can_receive_…`` is no consent: it is true of everybody who is not suppressed. What somebody agreed to is ``consent``;
a double opt-in that was never confirmed is NEVER_SUBSCRIBED there, and so is a customer who only bought. Suppression
keeps an address out whatever was agreed. ``list_suppressions`` concern one list of Klaviyo's own and are not read, nor
is WhatsApp, which no program sends. A CSV must be of a segment of everybody: a list leaves others' suppressions out.
"""

import duckdb
from babel import Locale

from personalization.errors import BadInput
from personalization.sources.importing.adapter import Landing, Shape, System
from personalization.sources.importing.expressions import quoted, word

# https://developers.klaviyo.com/en/docs/collect_email_and_sms_consent_via_api
_STATUSES = {
    "subscribed": "subscribed",
    "unsubscribed": "unsubscribed",
    "never_subscribed": "never",
    "never subscribed": "never",
    "pending": "pending",
}
# https://developers.klaviyo.com/en/reference/get_profiles, EmailMarketingSuppression; CSVs spell them with spaces.
_REASONS = {
    "hard_bounce": "hard_bounce",
    "invalid_email": "invalid_address",
    "spam_complaint": "complaint",
    "unsubscribe": "unsubscribe",
    "unsubscribed": "unsubscribe",
    "user_suppressed": "manual",
}
# Where subscriptions are told, and what they are about.
_CHANNELS = (
    ("$.email.marketing", "email", "marketing"),
    ("$.email.open_tracking", "email", "tracking"),
    ("$.sms.marketing", "sms", "marketing"),
    ("$.sms.transactional", "sms", "transactional"),
    ("$.mobile_push.marketing", "push", "marketing"),
)
_COUNTRIES = {
    name.lower(): code for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()
}
_ADDRESS = "lower(trim(email, ' ' || chr(9) || chr(10) || chr(13)))"


def _country(expression: str) -> str:
    """Return the SQL of a country's code; Klaviyo has its English name. One that is not known is null."""
    code = word(expression, _COUNTRIES)
    return f"CASE WHEN regexp_full_match({code}, '[A-Za-z]{{2}}') THEN upper({code}) END"


# A profile has an id always; an address stands in for it, lest a suppression be lost for want of one.
_PROFILES = f"""
SELECT
    file_row,
    CASE WHEN item ->> '$.type' = 'profile'
        THEN coalesce(item ->> '$.id', substr(sha256(lower(item ->> '$.attributes.email')), 1, 16)) END AS person,
    item ->> '$.attributes.external_id' AS external_id,
    nullif(trim(item ->> '$.attributes.email'), '') AS email,
    nullif(trim(item ->> '$.attributes.phone_number'), '') AS phone,
    item ->> '$.attributes.first_name' AS first_name,
    item ->> '$.attributes.last_name' AS last_name,
    item ->> '$.attributes.locale' AS locale,
    {_country("(item ->> '$.attributes.location.country')")} AS country,
    item ->> '$.attributes.location.timezone' AS timezone,
    TRY_CAST(item ->> '$.attributes.created' AS TIMESTAMP) AS created_at,
    item -> '$.attributes.subscriptions' AS subscriptions,
    coalesce(
        from_json(item -> '$.attributes.subscriptions.email.marketing.suppression', '["JSON"]'), []
    ) AS suppression,
    greatest(
        TRY_CAST(item ->> '$.attributes.updated' AS TIMESTAMP),
        TRY_CAST(item ->> '$.attributes.subscriptions.email.marketing.last_updated' AS TIMESTAMP),
        TRY_CAST(item ->> '$.attributes.subscriptions.sms.marketing.last_updated' AS TIMESTAMP),
        TRY_CAST(item ->> '$.attributes.subscriptions.sms.transactional.last_updated' AS TIMESTAMP)
    ) AS updated_at
FROM raw
"""
# https://help.klaviyo.com/hc/en-us/articles/115005078687 (lists and segments as CSV)
_CSV_COLUMNS = (
    *("Email", "Klaviyo ID", "First Name", "Last Name", "Phone Number", "Country", "Locale", "Profile Created On"),
    *("Email Marketing Consent", "Email Marketing Consent Timestamp", "Email Suppressions"),
    *("SMS Marketing Consent", "SMS Marketing Consent Timestamp"),
)
_CSV_PROFILES = f"""
SELECT
    file_row,
    coalesce(nullif(trim("Klaviyo ID"), ''), substr(sha256(lower(trim("Email"))), 1, 16)) AS person,
    nullif(trim("Email"), '') AS email,
    ltrim(nullif(trim("Phone Number"), ''), '''') AS phone,
    nullif(trim("First Name"), '') AS first_name,
    nullif(trim("Last Name"), '') AS last_name,
    nullif(trim("Locale"), '') AS locale,
    {_country('trim("Country")')} AS country,
    CAST(NULL AS VARCHAR) AS timezone,
    CAST(NULL AS VARCHAR) AS external_id,
    TRY_CAST("Profile Created On" AS TIMESTAMP) AS created_at,
    nullif(trim(trim("Email Suppressions"), '[]"'' '), '') AS suppressed_for,
    nullif(trim("Email Marketing Consent"), '') AS email_consent,
    TRY_CAST("Email Marketing Consent Timestamp" AS TIMESTAMP) AS email_consented_at,
    nullif(trim("SMS Marketing Consent"), '') AS sms_consent,
    TRY_CAST("SMS Marketing Consent Timestamp" AS TIMESTAMP) AS sms_consented_at,
    CAST(NULL AS TIMESTAMP) AS updated_at
FROM raw
"""
_REFERENCES = (
    "external_id AS _person_id, email AS _email, phone AS _phone,"
    " nullif(concat_ws(' ', first_name, last_name), '') AS _name, updated_at AS _updated_at"
)


def _customers(profiles: str) -> str:
    return (
        "SELECT file_row, person AS customer_id, email, phone, first_name, replace(locale, '-', '_') AS locale,"
        " country, timezone, CASE WHEN created_at <= getvariable('imported_at') THEN created_at END AS created_at,"
        f" {_REFERENCES} FROM ({profiles})"
    )


def _suppression_reason(expression: str) -> str:
    return word(f"replace(lower(trim({expression})), ' ', '_')", _REASONS)


def _newest_suppression(of: str) -> str:
    """Return the SQL of the newest moment of a list of suppressions, null where none is told."""
    return f"list_max(list_transform({of}, lambda s: TRY_CAST(s ->> '$.timestamp' AS TIMESTAMP)))"


def _said(at: str, channel: str, purpose: str) -> str:
    """Return the SELECT of what profiles say of one channel; a word without its time has the moment of its change.

    Somebody who unsubscribed said so, whatever else keeps the address out; suppression stands above any other word.
    """
    consent = f"subscriptions ->> '{at}.consent'"
    moment = (
        f"coalesce(TRY_CAST(subscriptions ->> '{at}.consent_timestamp' AS TIMESTAMP),"
        f" TRY_CAST(subscriptions ->> '{at}.last_updated' AS TIMESTAMP))"
    )
    is_suppressed = "false"
    if (channel, purpose) == ("email", "marketing"):
        is_suppressed = f"len(suppression) > 0 AND lower(coalesce({consent}, '')) <> 'unsubscribed'"
    status = f"CASE WHEN {is_suppressed} THEN 'suppressed' ELSE {word(f'({consent})', _STATUSES)} END"
    return (
        f"SELECT file_row, person AS customer_id, {quoted(channel)} AS channel, {quoted(purpose)} AS purpose,"
        f" CASE WHEN {is_suppressed} THEN greatest({moment}, {_newest_suppression('suppression')}) ELSE {moment} END"
        f" AS captured_at, {status} AS status,"
        f" CASE WHEN {is_suppressed} THEN {_suppression_reason('(suppression[1] ->> ' + quoted('$.reason') + ')')} END"
        f" AS reason, 'klaviyo' AS source, subscriptions ->> '{at}.method' AS method, {_REFERENCES}"
        f" FROM ({_PROFILES}) WHERE person IS NOT NULL AND json_type(subscriptions, '{at}') = 'OBJECT'"
    )


def _said_in_csv(channel: str) -> str:
    is_suppressed = "false"
    if channel == "email":
        is_suppressed = "(suppressed_for IS NOT NULL AND lower(coalesce(email_consent, '')) <> 'unsubscribed')"
    return (
        f"SELECT file_row, person AS customer_id, '{channel}' AS channel, 'marketing' AS purpose,"
        f" CASE WHEN NOT {is_suppressed} THEN {channel}_consented_at END AS captured_at,"
        f" CASE WHEN {is_suppressed} THEN 'suppressed' ELSE {word(f'{channel}_consent', _STATUSES)} END AS status,"
        f" CASE WHEN {is_suppressed} THEN {_suppression_reason('suppressed_for')} END AS reason, 'klaviyo' AS source,"
        f" {_REFERENCES} FROM ({_CSV_PROFILES}) WHERE {channel}_consent IS NOT NULL OR {is_suppressed}"
    )


def _suppressions(profiles: str, *, reason: str, moment: str, is_suppressed: str) -> str:
    """Return the SELECT of the list of suppressions; _person_id names the profile, with which a row goes and stays."""
    return (
        f"SELECT file_row, sha256({_ADDRESS}) AS address_hash, 'email' AS channel, {reason} AS reason,"
        f" 'klaviyo' AS source, {moment} AS suppressed_at, person AS _person_id, updated_at AS _updated_at"
        f" FROM ({profiles})"
        f" WHERE person IS NOT NULL AND email IS NOT NULL AND {is_suppressed}"
    )


def _require_subscriptions(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise BadInput where no profile tells of its subscriptions: consent and suppressions would look like none."""
    told = "json_type(item, '$.attributes.subscriptions') = 'OBJECT'"
    if not connection.execute(f"SELECT 1 FROM raw WHERE {told} LIMIT 1").fetchall():
        raise BadInput(
            "Klaviyo's profiles: none of them has subscriptions, so nobody can say who agreed to what; export them"
            " again with additional-fields[profile]=subscriptions"
        )


def _landings(customers: str, consents: str, suppressions: str | None) -> tuple[Landing, ...]:
    consent_key = ("customer_id", "channel", "purpose")
    found = [
        Landing(table="customers", select=customers, origins={"customer_id": "id"}),
        Landing(
            table="consents", select=consents, key=consent_key, undated="captured_at", origins={"status": "consent"}
        ),
    ]
    if suppressions is not None:
        # Who may be written to again is no longer on the list of the newest export.
        parent = ("_person_id", "customers")
        found.append(Landing(table="suppressions", select=suppressions, undated="suppressed_at", parent=parent))
    return tuple(found)


_CSV_CONSENTS = " UNION ALL BY NAME ".join(map(_said_in_csv, ("email", "sms")))
_CSV_REQUIRED = ("Email", "Klaviyo ID", "Email Marketing Consent")

SYSTEM = System(
    name="klaviyo",
    role="esp",
    workflow="consent and suppressions: whom no program may write to",
    lag_hours=0,
    shapes=(
        Shape(
            name="profiles",
            format="json",
            required=("type", "id", "attributes"),
            lists=("$.data",),
            prepare=_require_subscriptions,
            landings=_landings(
                _customers(_PROFILES),
                " UNION ALL BY NAME ".join(_said(*one) for one in _CHANNELS),
                _suppressions(
                    _PROFILES,
                    reason=_suppression_reason("(suppression[1] ->> '$.reason')"),
                    moment=_newest_suppression("suppression"),
                    is_suppressed="len(suppression) > 0",
                ),
            ),
        ),
        Shape(
            name="profiles_csv",
            format="csv",
            required=_CSV_REQUIRED,
            columns=_CSV_COLUMNS,
            landings=_landings(_customers(_CSV_PROFILES), _CSV_CONSENTS, None),
        ),
        Shape(
            name="profiles_and_suppressions_csv",
            format="csv",
            required=(*_CSV_REQUIRED, "Email Suppressions"),
            columns=_CSV_COLUMNS,
            landings=_landings(
                _customers(_CSV_PROFILES),
                _CSV_CONSENTS,
                _suppressions(
                    _CSV_PROFILES,
                    reason=_suppression_reason("suppressed_for"),
                    moment="CAST(NULL AS TIMESTAMP)",
                    is_suppressed="suppressed_for IS NOT NULL",
                ),
            ),
        ),
    ),
    carries={
        "customers": ("customer_id", "email", "phone", "first_name", "locale", "country", "timezone"),
        "consents": ("customer_id", "channel", "purpose", "captured_at", "status"),
        "suppressions": ("address_hash", "channel", "reason", "suppressed_at"),
    },
)
