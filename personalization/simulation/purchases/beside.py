"""What customers leave beside their orders: looks at products, membership of the loyalty scheme, stated preferences."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.simulation.chance import Flags, Whole, quantile, uniform
from personalization.simulation.frames import dates, instants, words
from personalization.simulation.moments import DAY, HOUR
from personalization.simulation.purchase_parameters import PurchaseParameters
from personalization.simulation.purchases.accounts import LAG, NEVER, People
from personalization.simulation.purchases.assortment import HOME_THEMES, THEMES
from personalization.simulation.purchases.catalogue import Catalogue
from personalization.simulation.purchases.customers import Accounts
from personalization.simulation.purchases.orders import LINES_EACH, NOBODY, Lines, Orders
from personalization.simulation.purchases.tables import buyer_ids, numbers_as_text
from personalization.simulation.purchases.visits import home_themes

FIRST_EVENT_ID = 1_000_000_000_001
_TYPES = ("view", "cart", "search")
_EVENTS_EACH = 4  # of one line
_LOOK_HOURS = (0.1, 0.3, 1, 6, 30, 47)  # before the order
_TIERS = ("bronze", "silver", "gold")
_TIER_POINTS = (0, 500, 2000)  # our choice
_POINTS_KEPT_DAYS = 365
_FREQUENCIES = ("weekly", "monthly", "important news only")


def browsing_table(
    orders: Orders,
    lines: Lines,
    people: People,
    catalogue: Catalogue,
    *,
    until: int,
    seed: int,
    parameters: PurchaseParameters,
) -> pa.Table:
    """Return the canonical table of browsing: looks at what was bought, at what was not, and what lay in the basket."""
    number = orders.number[lines.order] * LINES_EACH + lines.rank
    key = number.astype(np.uint64)
    looked = np.flatnonzero(uniform(key, seed=seed, purpose="viewed") < parameters.viewed_share)
    put = np.flatnonzero(uniform(key, seed=seed, purpose="carted") < parameters.carted_share)
    other = np.flatnonzero((uniform(key, seed=seed, purpose="browsed") < parameters.browsed_share) & (lines.rank == 0))
    line = np.concatenate([looked, put, other])
    kind = np.repeat(np.arange(3), [len(looked), len(put), len(other)])
    event = number[line] * _EVENTS_EACH + kind
    hours = quantile(uniform(event.astype(np.uint64), seed=seed, purpose="looked at"), _LOOK_HOURS)
    happened = orders.placed_at[lines.order[line]] - np.floor(hours * HOUR).astype(np.int64)
    happened = np.where(kind == 1, orders.placed_at[lines.order[line]] - 90, happened)
    sku = np.where(kind == 2, catalogue.substitute[lines.sku[line]], lines.sku[line])
    has_account = orders.account[lines.order[line]] != NOBODY
    chosen = np.flatnonzero(has_account & (happened + LAG < until))
    chosen = chosen[np.argsort(event[chosen], kind="stable")]
    columns = {
        "event_id": numbers_as_text(FIRST_EVENT_ID, event[chosen]),
        "customer_id": buyer_ids(orders, people, lines.order[line[chosen]]),
        "type": words(_TYPES, np.where(kind[chosen] == 1, 1, 0)),
        "sku": catalogue.names.take(pa.array(sku[chosen])),
        "occurred_at": instants(happened[chosen]),
        "received_at": instants(happened[chosen] + LAG),
        "is_received_assumed": pa.array(np.zeros(len(chosen), dtype=np.bool_)),
    }
    return pa.table(columns)


def loyalty_table(
    accounts: Accounts,
    people: People,
    orders: Orders,
    *,
    until: int,
    seed: int,
    parameters: PurchaseParameters,
) -> pa.Table:
    """Return the canonical table of the loyalty scheme: a point for each pound of standing orders, as of the end."""
    spent = np.where(_counts(orders, until=until), orders.goods_cents - orders.discount_cents, 0)
    place = orders.person * 2 + np.maximum(orders.account, 0)
    points = np.bincount(place, weights=spent, minlength=2 * len(people.number)).astype(np.int64) // 100
    newest = np.zeros(2 * len(people.number), dtype=np.int64)
    np.maximum.at(newest, place, np.where(orders.placed_at < until, orders.placed_at, 0))
    joined = uniform(people.number[accounts.person], seed=seed, purpose="loyalty") < parameters.loyalty_share
    chosen = np.flatnonzero(joined & (accounts.merged_at == NEVER))
    account = accounts.person[chosen] * 2 + accounts.position[chosen]
    tier = np.searchsorted(np.array(_TIER_POINTS), points[account], side="right") - 1
    expires = np.maximum(newest[account], accounts.opened_at[chosen]) // DAY + _POINTS_KEPT_DAYS
    learned_at = np.maximum(newest[account], accounts.opened_at[chosen]) + LAG
    columns = {
        "customer_id": accounts.ids(people).take(pa.array(chosen)),
        "tier": words(_TIERS, tier),
        "points": pa.array(points[account]),
        "points_expire_on": dates(expires),
        "received_at": instants(np.minimum(learned_at, until - 1)),
        "is_received_assumed": pa.array(np.zeros(len(chosen), dtype=np.bool_)),
    }
    return pa.table(columns)


def _counts(orders: Orders, *, until: int) -> Flags:
    stands = (orders.placed_at + LAG < until) & (orders.cancelled_at >= until)
    return np.asarray(stands & ~orders.is_test & (orders.account != NOBODY))


def preferences_table(
    accounts: Accounts, people: People, *, until: int, seed: int, parameters: PurchaseParameters
) -> pa.Table:
    """Return the canonical table of preferences: how often to write, and the field of interest, said in the account."""
    number = people.number[accounts.person]
    says = uniform(number, seed=seed, purpose="preference") < parameters.preference_share
    captured_at = accounts.opened_at + np.floor(
        quantile(uniform(number, seed=seed, purpose="preference at"), (0.01, 5, 90)) * DAY
    ).astype(np.int64)
    chosen = np.flatnonzero(says & (accounts.position == 0) & (captured_at + LAG < until))
    often = np.floor(uniform(number[chosen], seed=seed, purpose="frequency") * len(_FREQUENCIES)).astype(np.int64)
    theme: Whole = home_themes(number[chosen], seed=seed)
    ids = accounts.ids(people).take(pa.array(chosen))
    twice = np.repeat(np.arange(len(chosen)), 2)
    is_first = pa.array(np.arange(len(twice)) % 2 == 0)
    value = pc.if_else(is_first, words(_FREQUENCIES, often[twice]), words(THEMES[:HOME_THEMES], theme[twice]))
    columns = {
        "customer_id": ids.take(pa.array(twice)),
        "key": pc.if_else(is_first, "frequency", "interest"),
        "value": value,
        "source": words(["account page"], np.zeros(len(twice), dtype=np.int64)),
        "captured_at": instants(captured_at[chosen][twice]),
        "received_at": instants(captured_at[chosen][twice] + LAG),
        "is_received_assumed": pa.array(np.zeros(len(twice), dtype=np.bool_)),
    }
    return pa.table(columns)
