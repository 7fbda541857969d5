"""The people of the world, by number: when they come, what accounts they have, where they live, how to reach them.

People are one endless row, and everything about one follows from the seed and the person's number. A world with so many
customers shows the first people who had come by its end; in a larger or longer world each of them has the same life.
"""

from dataclasses import dataclass
from itertools import count

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.simulation.chance import Flags, Keys, Numbers, Whole, pick, quantile, uniform
from personalization.simulation.moments import DAY, at_hour
from personalization.simulation.purchase_parameters import PurchaseParameters
from personalization.simulation.purchases.season import BEGIN_DAY, LONGEST_DAYS, SLOT_DAYS, Season

FIRST_CUSTOMER_ID = 7_200_000_001  # as Shopify numbers them; two numbers are kept for each person
PLAIN, GUEST, REGISTERED_MERGED, REGISTERED_APART, TWO_ACCOUNTS = range(5)
NEVER = 2**40  # a moment that no world reaches
LAG = 60  # seconds from the shop to its data
_BLOCK = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Some people, column by column; moments in whole seconds, NEVER where a thing does not happen.

    first_slot is the slot of the first visit. opened_at has a column for each of the two accounts that a person may
    have; merged_at is when the one became part of the other.
    """

    number: Keys
    kind: Whole
    first_slot: Whole
    opened_at: Whole
    merged_at: Whole
    is_repeater: Flags
    is_b2b: Flags

    @property
    def position_of_root(self) -> Whole:
        """Return which of the two accounts a merge keeps: the registered one, else the older."""
        return np.where(self.kind == REGISTERED_MERGED, 1, 0)


def build_people(number: Keys, *, season: Season, seed: int, parameters: PurchaseParameters) -> People:
    """Return the people with these numbers."""

    def draw(purpose: str) -> Numbers:
        return uniform(number, seed=seed, purpose=purpose)

    shares = (
        1 - parameters.guest_share - parameters.guest_registered_share - parameters.merged_customer_share,
        parameters.guest_share,
        parameters.guest_registered_share * parameters.guest_merged_share,
        parameters.guest_registered_share * (1 - parameters.guest_merged_share),
    )
    kind = pick(draw("account kind"), shares)
    is_known_before = draw("known before") < parameters.known_before_share
    longest = season.cumulative[LONGEST_DAYS]
    wait = np.where(is_known_before, 250 * quantile(draw("returns"), parameters.gap_spread), draw("comes") * longest)
    first_slot = season.day_at(wait) // SLOT_DAYS
    before = at_hour(BEGIN_DAY - 1 - np.floor(draw("opened") * parameters.known_before_days).astype(np.int64), 12.0)
    first_at = visit_moments(number, first_slot, season=season, seed=seed, parameters=parameters)
    # A guest who registers, or one who forgets the first account, has been a customer for some weeks.
    second_at = first_at + np.floor(quantile(draw("second account"), (20, 90, 260)) * DAY).astype(np.int64)
    merged_at = second_at + np.floor(quantile(draw("merged"), (0.01, 2, 40)) * DAY).astype(np.int64)
    has_second = kind >= REGISTERED_MERGED
    return People(
        number=number,
        kind=kind,
        first_slot=first_slot,
        opened_at=np.column_stack(
            [
                np.where(kind == GUEST, NEVER, np.where(is_known_before & ~has_second, before, first_at - 180)),
                np.where(has_second, second_at, NEVER),
            ]
        ),
        merged_at=np.where((kind == REGISTERED_MERGED) | (kind == TWO_ACCOUNTS), merged_at, NEVER),
        is_repeater=(draw("repeats") < parameters.repeater_share) | has_second,
        is_b2b=(draw("business") < parameters.b2b_share) & (kind == PLAIN),
    )


def visit_moments(
    number: Keys, slots: Whole, *, season: Season, seed: int, parameters: PurchaseParameters, purpose: str = "visit"
) -> Whole:
    """Return the moment of each person's order in a slot."""
    key = number * np.uint64(4096) + slots.astype(np.uint64)
    day = season.day_in_slot(slots, uniform(key, seed=seed, purpose=f"{purpose} day"))
    return at_hour(BEGIN_DAY + day, quantile(uniform(key, seed=seed, purpose=f"{purpose} hour"), parameters.hours))


def numbers_of_world(customers: int, *, until: int, season: Season, seed: int, parameters: PurchaseParameters) -> Keys:
    """Return the numbers of the people whose accounts make up exactly *customers* rows known before *until*.

    Where one row is left and the next person has two accounts, the next even number with one account comes instead.
    """

    def known_accounts(number: Keys) -> Whole:
        people = build_people(number, season=season, seed=seed, parameters=parameters)
        return np.asarray((people.opened_at + LAG < until).sum(axis=1), dtype=np.int64)

    chosen: list[Keys] = []
    total = 0
    block = min(2 * customers + 100, _BLOCK)
    for begin in count(0, block):
        number = np.arange(begin, begin + block, dtype=np.uint64)
        reached = total + np.cumsum(known_accounts(number))
        end = int(np.searchsorted(reached, customers))
        chosen.append(number[:end])
        if end == block:
            total = int(reached[-1])
            continue
        last = number[end : end + 1]
        if reached[end] > customers:
            later = np.arange(begin + end + 1, begin + end + _BLOCK, dtype=np.uint64)
            last = later[(known_accounts(later) == 1) & (later % np.uint64(2) == 0)][:1]
        chosen.append(last)
        break
    return np.concatenate(chosen)


def customer_ids(number: Keys, account: Whole) -> pa.Array:
    """Return the ids of accounts as text."""
    return pc.cast(pa.array(FIRST_CUSTOMER_ID + number.astype(np.int64) * 2 + account), pa.string())
