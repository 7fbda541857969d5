"""Who is who across systems, in tables that a marketer can read."""

import duckdb
import pyarrow as pa
import pytest

from personalization.sources.importing.identity import identify
from tests.lib.tables import rows

_ACCOUNTS = "customer_id email phone name created_at"
_MENTIONS = "mention kind system own_id person_id email phone name"


def _found(accounts: str, mentions: str, apart=()):
    with duckdb.connect() as connection:
        _load(connection, "accounts", accounts, _ACCOUNTS)
        connection.execute("ALTER TABLE accounts ALTER created_at TYPE TIMESTAMP")
        _load(connection, "mentions", mentions, _MENTIONS)
        identify(connection, keep_apart=list(apart))
        led = connection.execute("SELECT mention, customer_id, reason FROM identities ORDER BY ALL").fetchall()
        merges = connection.execute("SELECT customer_id, merged_into FROM merges ORDER BY ALL").fetchall()
    return {mention: (customer, reason) for mention, customer, reason in led}, merges


def _load(connection, name, text, columns):
    found = rows(text) if text else []
    table = pa.table({column: pa.array([row.get(column) for row in found], pa.string()) for column in columns.split()})
    connection.register("arriving", table)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")
    connection.unregister("arriving")


ACCOUNTS = """
customer_id | email            | phone         | name     | created_at
7001        | ann@shop.example | +447700900001 | ann lee  | 2025-01-01
7002        | bob@shop.example | +447700900002 | bob ray  | 2025-02-01
7003        | two@shop.example | -             | eve poe  | 2025-03-01
7004        | two@shop.example | -             | max poe  | 2025-04-01
"""


@pytest.mark.parametrize(
    ("mention", "customer", "reason"),
    [
        # The id that the helpdesk has from the shop counts before everything else.
        ("m | writer | zendesk | - | 7002 | ann@shop.example | - | ann lee", "7002", "source_id"),
        ("m | writer | zendesk | - | - | ann@shop.example | - | -", "7001", "email"),
        # An id that the shop does not know is no id; the address then counts.
        ("m | writer | zendesk | - | 9999 | ann@shop.example | - | -", "7001", "email"),
        ("m | writer | zendesk | - | - | - | +447700900002 | -", "7002", "phone"),
        ("m | writer | zendesk | - | - | new@shop.example | +447700900002 | bob ray", "7002", "phone"),
        # A number that another person now has leads to nobody.
        ("m | writer | zendesk | - | - | new@shop.example | +447700900002 | zoe may", None, "nobody"),
        # Two people, one mailbox: the name tells them apart, without one the account that was opened last counts.
        ("m | writer | zendesk | - | - | two@shop.example | - | eve poe", "7003", "email_and_name"),
        ("m | writer | zendesk | - | - | two@shop.example | - | -", "7004", "shared_mailbox"),
        ("m | writer | zendesk | - | - | nobody@shop.example | - | -", None, "nobody"),
        ("m | profile | klaviyo | K1 | - | ann@shop.example | - | -", "7001", "email"),
        ("m | profile | klaviyo | K1 | - | reader@shop.example | - | -", "klaviyo-K1", "own"),
        ("m | order | shopify | - | - | bob@shop.example | - | -", "7002", "email"),
    ],
)
def test_a_mention_leads_to_one_customer_by_the_first_rule_that_finds_one(mention, customer, reason):
    """By id, then address, then telephone number; never by a guess."""
    led, _ = _found(ACCOUNTS, f"{' | '.join(_MENTIONS.split())}\n{mention}")

    assert led == {"m": (customer, reason)}


def test_a_guest_is_one_person_for_each_address_and_found_again(tmp_path):
    """Two guest orders with one address are one guest's; so is the ticket that comes from there."""
    led, _ = _found(
        ACCOUNTS,
        """
        mention | kind    | system  | own_id | person_id | email            | phone         | name
        o1      | order   | shopify | -      | -         | gus@shop.example | -             | gus fox
        o2      | order   | shopify | -      | -         | gus@shop.example | +447700900009 | -
        o3      | order   | shopify | -      | -         | -                | +447700900008 | -
        t1      | writer  | zendesk | -      | -         | gus@shop.example | -             | -
        t2      | writer  | zendesk | -      | -         | -                | +447700900008 | -
        p1      | profile | klaviyo | K7     | -         | gus@shop.example | -             | -
        """,
    )

    guest = led["o1"][0]
    assert guest.startswith("guest-")
    assert "gus" not in guest
    assert led == {
        "o1": (guest, "guest"),
        "o2": (guest, "guest"),
        "o3": (led["o3"][0], "guest"),
        "t1": (guest, "email"),
        "t2": (led["o3"][0], "phone"),
        "p1": (guest, "email"),
    }
    assert led["o3"][0] != guest


def test_a_guest_who_registers_is_the_account_from_then_on():
    """The next import works everything out anew, so the guest's earlier orders are the account's too."""
    order = (
        "mention | kind | system | own_id | person_id | email | phone | name\no | order | shopify | - | - | {} | - | -"
    )
    before, _ = _found(ACCOUNTS, order.format("gus@shop.example"))
    after, _ = _found(ACCOUNTS + "7009 | gus@shop.example | - | - | 2025-05-01\n", order.format("gus@shop.example"))

    assert before["o"][1] == "guest"
    assert after == {"o": ("7009", "email")}


@pytest.mark.parametrize(
    ("accounts", "merges"),
    [
        # One address in two cases, one name: one person; the older account stands.
        ("1 | a@x.example | - | ann lee | 2025-02-01\n2 | a@x.example | - | ann lee | 2025-01-01", [("1", "2")]),
        ("1 | a@x.example | - | ann lee | 2025-02-01\n2 | a@x.example | - | - | 2025-01-01", [("1", "2")]),
        # Two names are two people.
        ("1 | a@x.example | - | ann lee | 2025-02-01\n2 | a@x.example | - | tom lee | 2025-01-01", []),
        # Where two people share a mailbox, an account without a name could be either's.
        ("1 | a@x.example | - | ann | -\n2 | a@x.example | - | tom | -\n3 | a@x.example | - | - | -", []),
        ("1 | a@x.example | - | ann | -\n2 | a@x.example | - | tom | -\n10 | a@x.example | - | ann | -", [("10", "1")]),
        ("1 | - | +447700900001 | ann | -\n2 | - | +447700900001 | ann | -", []),
    ],
)
def test_two_accounts_are_one_person_by_address_and_name(accounts, merges):
    """A telephone number alone merges nobody."""
    _, found = _found(f"customer_id | email | phone | name | created_at\n{accounts}", "")

    assert found == merges


def test_two_may_be_parted_though_neither_is_the_oldest():
    """Three accounts of one name and mailbox; the second and the third are two people."""
    accounts = """
    customer_id | email       | phone | name    | created_at
    1           | a@x.example | -     | ann lee | 2025-01-01
    2           | a@x.example | -     | ann lee | 2025-02-01
    3           | a@x.example | -     | ann lee | 2025-03-01
    """

    assert _found(accounts, "", apart=[("3", "2")])[1] == [("2", "1")]


def test_a_person_may_part_what_the_rules_joined():
    """A pair that somebody wrote into keep_apart.csv is neither merged nor led to one another."""
    accounts = """
    customer_id | email       | phone | name    | created_at
    1           | a@x.example | -     | ann lee | 2025-01-01
    2           | a@x.example | -     | ann lee | 2025-02-01
    """
    profile = f"{' | '.join(_MENTIONS.split())}\np | profile | klaviyo | K1 | - | a@x.example | - | -"

    joined, merged = _found(accounts, profile)
    parted, kept = _found(accounts, profile, apart=[("2", "1"), ("K1", "1"), ("2", "K1")])

    assert (joined["p"][0], merged) == ("1", [("2", "1")])
    assert (parted["p"][0], kept) == ("klaviyo-K1", [])
