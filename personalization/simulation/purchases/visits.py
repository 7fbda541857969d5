"""Visits to the shop beside refills: everybody's first one, and those of the people who come back now and then."""

from dataclasses import dataclass

import numpy as np

from personalization.simulation.chance import Keys, Whole, quantile, uniform
from personalization.simulation.purchase_parameters import PurchaseParameters
from personalization.simulation.purchases.accounts import People
from personalization.simulation.purchases.assortment import HOME_THEMES
from personalization.simulation.purchases.season import SLOT_DAYS, Season


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """The visits, column by column: person is the place among the people, ordinal counts a person's visits from 0."""

    person: Whole
    slot: Whole
    ordinal: Whole


def home_themes(number: Keys, *, seed: int) -> Whole:
    """Return the field of interest of each person."""
    return np.floor(uniform(number, seed=seed, purpose="home theme") * HOME_THEMES).astype(np.int64)


def build_visits(people: People, *, days: int, season: Season, seed: int, parameters: PurchaseParameters) -> Visits:
    """Return the visits up to some day after *days*; the waits between them are drawn in seasonal time."""
    last = days // SLOT_DAYS + 3
    person, slot = np.arange(len(people.number)), people.first_slot
    mean = quantile(uniform(people.number, seed=seed, purpose="gap mean"), parameters.gap_days)
    found: list[tuple[Whole, Whole]] = []
    ordinal = 0
    while ordinal == 0 or len(person):
        is_near = slot < last
        person, slot = person[is_near], slot[is_near]
        found.append((person, slot))
        key = people.number[person] * np.uint64(1024) + np.uint64(ordinal)
        stays = uniform(key, seed=seed, purpose="visit lapse") >= parameters.lapse_share
        stays &= people.is_repeater[person]
        wait = mean[person] * quantile(uniform(key, seed=seed, purpose="visit gap"), parameters.gap_spread)
        following = season.day_at(season.at_day(slot * SLOT_DAYS + SLOT_DAYS) + wait) // SLOT_DAYS
        person, slot = person[stays], np.maximum(following, slot + 1)[stays]
        ordinal += 1
    return Visits(
        person=np.concatenate([people for people, _ in found]),
        slot=np.concatenate([slots for _, slots in found]),
        ordinal=np.concatenate([np.full(len(slots), number) for number, (_, slots) in enumerate(found)]),
    )
