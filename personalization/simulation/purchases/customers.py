"""The table of customers: one row for each account that the shop knew by the end of the world."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.simulation.chance import Flags, Keys, Numbers, Whole, pick, quantile, uniform
from personalization.simulation.frames import instants
from personalization.simulation.moments import DAY
from personalization.simulation.purchase_parameters import PurchaseParameters
from personalization.simulation.purchases.accounts import (
    LAG,
    NEVER,
    REGISTERED_APART,
    TWO_ACCOUNTS,
    People,
    build_people,
    customer_ids,
)
from personalization.simulation.purchases.season import Season

REASONS = ("bereavement", "legal dispute", "asked in writing", "vulnerable customer")
_PHONES = 1000  # Ofcom keeps 07700 900000 to 900999 for fiction; whoever has one has it alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The accounts that are known by the end, in the order of their ids; person is their place among the people.

    noted_at is when somebody wrote down not to contact the customer, shares_with whose address the person uses (a
    person's number; its own where nobody's), merged_at when the account became part of the person's other one. All
    moments but opened_at are NEVER where they do not happen or lie ahead.
    """

    person: Whole
    position: Whole
    opened_at: Whole
    merged_at: Whole
    noted_at: Whole
    shares_with: Keys
    has_email: Flags

    def ids(self, people: People) -> pa.Array:
        """Return the accounts' customer ids."""
        return customer_ids(people.number[self.person], self.position)


def countries_of(number: Keys, *, seed: int, parameters: PurchaseParameters) -> Whole:
    """Return the place of each person's country in parameters.countries."""
    draws = uniform(number, seed=seed, purpose="country")
    return np.minimum(pick(draws, [c.share for c in parameters.countries]), len(parameters.countries) - 1)


def build_accounts(
    people: People, *, until: int, season: Season, seed: int, parameters: PurchaseParameters
) -> Accounts:
    """Return the accounts of the people that were known before *until*."""
    person, position = np.nonzero(people.opened_at + LAG < until)
    number = people.number[person]
    opened_at = people.opened_at[person, position]
    key = number * np.uint64(2) + position.astype(np.uint64)

    def draw(purpose: str) -> Numbers:
        return uniform(key, seed=seed, purpose=purpose)

    noted_at = opened_at + np.floor(quantile(draw("note on"), (20, 120, 400)) * DAY).astype(np.int64)
    is_noted = (draw("note") < parameters.do_not_contact_share) & (people.kind[person] == 0) & (noted_at + LAG < until)
    merged_at = people.merged_at[person]
    is_merged = (position != people.position_of_root[person]) & (merged_at + LAG < until)
    return Accounts(
        person=person,
        position=position,
        opened_at=opened_at,
        merged_at=np.where(is_merged, merged_at, NEVER),
        noted_at=np.where(is_noted, noted_at, NEVER),
        shares_with=_neighbours(number, opened_at, season=season, seed=seed, parameters=parameters),
        has_email=draw("no email") >= parameters.no_email_share,
    )


def _neighbours(number: Keys, opened_at: Whole, *, season: Season, seed: int, parameters: PurchaseParameters) -> Keys:
    """Return whose address each person uses: of some odd numbers the person before, who had an account earlier."""
    shares = uniform(number, seed=seed, purpose="shared mailbox") < parameters.shared_mailbox_share
    shares &= number % np.uint64(2) == 1
    before = build_people(number - (number % np.uint64(2)), season=season, seed=seed, parameters=parameters)
    shares &= before.opened_at[:, 0] < opened_at
    return np.where(shares, number - np.uint64(1), number)


def customers_table(accounts: Accounts, people: People, *, seed: int, parameters: PurchaseParameters) -> pa.Table:
    """Return the canonical table of customers.

    A row that was changed since (merged, or marked as not to be contacted) was learned when it was changed.
    """
    number = people.number[accounts.person]
    place = countries_of(number, seed=seed, parameters=parameters)
    dictionary = [
        ("locale", [country.locale for country in parameters.countries]),
        ("country", [country.code for country in parameters.countries]),
        ("timezone", [country.timezone for country in parameters.countries]),
    ]
    root = customer_ids(number, people.position_of_root[accounts.person])
    changed_at = np.where(accounts.merged_at < NEVER, accounts.merged_at, accounts.opened_at)
    changed_at = np.where(accounts.noted_at < NEVER, accounts.noted_at, changed_at)
    reason = np.floor(uniform(number, seed=seed, purpose="note reason") * len(REASONS)).astype(np.int64)
    columns = {
        "customer_id": accounts.ids(people),
        "email": _emails(accounts, people, seed=seed, parameters=parameters),
        "phone": _phones(number, accounts.position),
        "first_name": _first_names(number, seed=seed, parameters=parameters),
        **{name: pa.array(words, type=pa.string()).take(pa.array(place)) for name, words in dictionary},
        "created_at": instants(accounts.opened_at),
        "is_b2b": pa.array(people.is_b2b[accounts.person]),
        "merged_into": pc.if_else(pa.array(accounts.merged_at < NEVER), root, None),
        "do_not_contact_reason": pc.if_else(
            pa.array(accounts.noted_at < NEVER), pa.array(REASONS).take(pa.array(reason)), None
        ),
        "received_at": instants(changed_at + LAG),
        "is_received_assumed": pa.array(np.zeros(len(number), dtype=np.bool_)),
    }
    return pa.table(columns)


def _first_names(number: Keys, *, seed: int, parameters: PurchaseParameters) -> pa.Array:
    names = [name for country in parameters.countries for name in country.first_names]
    sizes = np.array([len(country.first_names) for country in parameters.countries])
    starts = np.cumsum(sizes) - sizes
    place = countries_of(number, seed=seed, parameters=parameters)
    draws = uniform(number, seed=seed, purpose="first name")
    return pa.array(names).take(pa.array(starts[place] + np.floor(draws * sizes[place]).astype(np.int64)))


def _emails(accounts: Accounts, people: People, *, seed: int, parameters: PurchaseParameters) -> pa.Array:
    """Return addresses made of the owner's name and number; a second account has another one, or other letters."""
    kind = people.kind[accounts.person]
    names = _first_names(accounts.shares_with, seed=seed, parameters=parameters)
    letters = pc.replace_substring_regex(pc.utf8_normalize(pc.utf8_lower(names), form="NFKD"), "[^a-z]", "")
    text = pc.cast(pa.array(accounts.shares_with.astype(np.int64) + 1), pa.string())
    owner = pc.binary_join_element_wise(letters, text, ".")
    home = pc.binary_join_element_wise(owner, "mailbox.example", "@")
    is_second = accounts.position == 1
    work = pc.binary_join_element_wise(owner, "work.example", "@")
    capitals = pc.binary_join_element_wise(pc.utf8_capitalize(owner), "Mailbox.Example", "@")
    emails = pc.if_else(pa.array(is_second & (kind == TWO_ACCOUNTS)), work, home)
    emails = pc.if_else(pa.array(is_second & (kind == REGISTERED_APART)), capitals, emails)
    return pc.if_else(pa.array(accounts.has_email), emails, None)


def _phones(number: Keys, position: Whole) -> pa.Array:
    """Return a number for each of the first people; nobody shares one, lest identities be joined by it."""
    phones = pc.cast(pa.array(447_700_900_000 + number.astype(np.int64) % _PHONES), pa.string())
    has_phone = (number < np.uint64(_PHONES)) & (position == 0)
    return pc.if_else(pa.array(has_phone), pc.binary_join_element_wise("+", phones, ""), None)
