"""Who is who across systems: every mention of a person leads to one customer, or to nobody, with its reason.

The rules, in their order:

1. An **account** is a customer of the shop's platform; its id is the customer's.
2. A mention that names an account's id is that account's (``source_id``).
3. Else the account with the same email address, in lower case and without white space around it (``email``). Where
   accounts of several people share the address, the one with the mention's name (``email_and_name``), else the account
   that was opened last (``shared_mailbox``).
4. Else the account with the same E.164 telephone number (``phone``), where no name contradicts and only one person has
   the number.
5. An order that leads to no account is a **guest**'s, one for each address (else telephone number): ``guest``.
6. Who is known to a mail tool alone stays a person of that tool (``own``); a ticket's writer who is nobody so far leads
   to nobody (``nobody``).

Two accounts with one address and one name (or where a name is missing) are one person: the older stands, the younger is
merged into it (``same_email_and_name``). Two names are two people who share a mailbox, and stay two. Nothing is
rewritten by a merge: the next import works everything out anew from what the systems said, so a pair named in
``imported/keep_apart.csv`` (customer_id, other_id) is parted again.
"""

import csv
from pathlib import Path

import duckdb
import phonenumbers
import pyarrow as pa

from personalization.errors import BadInput
from personalization.sources.importing.feeds import FOLDER

KEEP_APART = "keep_apart.csv"
# What the data folder keeps: every mention of a person and every merge, with the rule that found it.
IDENTITIES = (
    "SELECT kind, system, own_id, customer_id, reason, count(*) AS mentions FROM identities GROUP BY ALL UNION ALL"
    " SELECT 'account', '', customer_id, merged_into, reason, 1 FROM merges ORDER BY ALL"
)


def plain_email(expression: str) -> str:
    """Return the SQL of an address as it is compared: lower case, no white space around it, null without an @."""
    plain = f"lower(trim({expression}, ' ' || chr(9) || chr(10) || chr(13)))"
    return f"CASE WHEN strpos({plain}, '@') > 1 THEN {plain} END"


def plain_name(expression: str) -> str:
    """Return the SQL of a name as it is compared: lower case, accents and signs apart; null where nothing is left."""
    return f"nullif(regexp_replace(strip_accents(lower({expression})), '[^\\p{{L}}]+', ' ', 'g'), '')"


def read_keep_apart(out: Path) -> list[tuple[str, str]]:
    """Return the pairs of customers that must not be taken for one, as a person wrote them down."""
    path = out / FOLDER / KEEP_APART
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            return [(row["customer_id"].strip(), row["other_id"].strip()) for row in csv.DictReader(text)]
    except (KeyError, AttributeError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path}: must be CSV with the columns customer_id and other_id") from error


def normalise_phones(connection: duckdb.DuckDBPyConnection, *, region: str | None) -> None:
    """Build ``phones``: each telephone number as it was written, and as E.164 or null.

    Reads ``written_phones``. region (ISO 3166) is where a number without a country's prefix is from; without one such
    a number leads to nobody. Numbers that are E.164 but for spaces and signs are not parsed one by one.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE phones AS SELECT phone, CASE WHEN regexp_full_match("
        "regexp_replace(phone, '[ ().\\-]', '', 'g'), '[+][1-9][0-9]{6,14}') THEN"
        " regexp_replace(phone, '[ ().\\-]', '', 'g') END AS e164"
        " FROM (SELECT DISTINCT phone FROM written_phones WHERE phone IS NOT NULL)"
    )
    rest = connection.execute("SELECT phone FROM phones WHERE e164 IS NULL").fetchall()
    if not rest:
        return
    numbers = [phone for (phone,) in rest]
    parsed = pa.table({"phone": numbers, "e164": pa.array([_e164(number, region) for number in numbers], pa.string())})
    connection.register("parsed", parsed)
    connection.execute("UPDATE phones SET e164 = parsed.e164 FROM parsed WHERE parsed.phone = phones.phone")
    connection.unregister("parsed")


def _e164(number: str, region: str | None) -> str | None:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_possible_number(parsed)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if valid else None


def identify(connection: duckdb.DuckDBPyConnection, *, keep_apart: list[tuple[str, str]]) -> None:
    """Build ``merges`` (customer_id, merged_into, reason) and ``identities`` (mention, customer_id, reason).

    Reads ``accounts`` (customer_id, email, phone, name, created_at) and ``mentions`` (mention, kind, system, own_id,
    person_id, email, phone, name), addresses and numbers as they are compared. kind is order, profile or writer.
    """
    apart = pa.table({"one": [one for one, _ in keep_apart], "other": [other for _, other in keep_apart]})
    connection.register("apart_given", apart.cast(pa.schema([("one", pa.string()), ("other", pa.string())])))
    connection.execute("CREATE OR REPLACE TEMP TABLE apart AS SELECT * FROM apart_given")
    connection.unregister("apart_given")
    for name in ("merges", "candidates", "guests", "identities"):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {_sql(name)}")


def _sql(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"identity_{name}.sql").read_text(encoding="utf-8")
