"""Tickets: most of those about a parcel come from late, silent and lost ones, the others from ordinary life."""

from dataclasses import dataclass

import numpy as np

from personalization.simulation.chance import Flags, Keys, Numbers, Whole, pick, quantile, uniform
from personalization.simulation.moments import at_hour, later
from personalization.simulation.parameters import Parameters, Topic
from personalization.simulation.parcels import LATE, LOST, NEVER, STALLED, Parcels

CHANNELS = ("email", "chat", "phone")
_CHANNEL_SHARES = (0.6, 0.25)
_SCORE_SHARES = (0.05, 0.05, 0.1, 0.3)  # of 1 to 4, the rest gives 5
_ANSWERED_SHARE = 0.4  # our choice: who fills in the survey
_MINUTES = (2, 4, 6, 12, 45)  # our choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets:
    """The tickets, column by column. owner is the place of the order or parcel; reason that in reasons_of()."""

    owner: Whole
    reason: Whole
    created_at: Whole
    first_reply_at: Whole
    resolved_at: Whole
    channel: Whole
    minutes: Whole
    score: Whole
    is_answered: Flags
    is_spam: Flags


def reasons_of(parameters: Parameters) -> tuple[str, ...]:
    """Return the reasons that Tickets.reason counts; the first is "where is my order"."""
    return ("wismo", *(topic.reason for topic in parameters.topics))


def parcel_tickets(parcels: Parcels, *, seed: int, parameters: Parameters) -> Tickets:
    """Return the tickets that ask where a parcel is.

    Whose parcel is late, silent or lost asks a day or two after the promise; few others ask while it is under way.
    """
    shares = np.full(len(parcels.keys), parameters.wismo_on_time)
    for outcome, share in (
        (LATE, parameters.wismo_late),
        (STALLED, parameters.wismo_stalled),
        (LOST, parameters.wismo_lost),
    ):
        shares[parcels.outcome == outcome] = share
    draws = uniform(parcels.keys, seed=seed, purpose="wismo")
    owner = np.flatnonzero(draws < shares)
    keys = parcels.keys[owner]
    when = uniform(keys, seed=seed, purpose="wismo at")
    after_promise = at_hour(parcels.promised_on[owner] + 1, 8 + 12 * when)
    under_way = parcels.handed_over_at[owner] + 3600 + np.floor(12 * 3600 * when).astype(np.int64)
    is_troubled = np.isin(parcels.outcome[owner], (LATE, STALLED, LOST))
    created_at = np.where(is_troubled, after_promise, under_way)
    return _answered(
        keys,
        owner=owner,
        reason=np.zeros(len(owner), np.int64),
        created_at=created_at,
        seed=seed,
        parameters=parameters,
    )


def order_tickets(
    keys: Keys, *, placed_at: Whole, delivered_at: Whole, seed: int, parameters: Parameters
) -> list[Tickets]:
    """Return the tickets about anything else, one batch a topic; what comes after a delivery needs one."""
    return [
        _topic_tickets(
            topic, place, keys, placed_at=placed_at, delivered_at=delivered_at, seed=seed, parameters=parameters
        )
        for place, topic in enumerate(parameters.topics, start=1)
    ]


def _topic_tickets(
    topic: Topic, place: int, keys: Keys, *, placed_at: Whole, delivered_at: Whole, seed: int, parameters: Parameters
) -> Tickets:
    start = delivered_at if topic.after == "delivered" else placed_at
    asks = uniform(keys, seed=seed, purpose=topic.reason) < topic.rate
    owner = np.flatnonzero(asks & (start != NEVER))
    wait = uniform(keys[owner], seed=seed, purpose=f"{topic.reason} at") * topic.within_days * 24
    reason = np.full(len(owner), place, dtype=np.int64)
    created_at = later(start[owner], hours=0.2 + wait)
    return _answered(keys[owner], owner=owner, reason=reason, created_at=created_at, seed=seed, parameters=parameters)


def _answered(
    keys: Keys, *, owner: Whole, reason: Whole, created_at: Whole, seed: int, parameters: Parameters
) -> Tickets:
    salted = keys + reason.astype(np.uint64)

    def draw(purpose: str) -> Numbers:
        return uniform(salted, seed=seed, purpose=purpose)

    first_reply_at = later(created_at, hours=quantile(draw("reply"), parameters.first_reply_hours))
    is_other = reason == reasons_of(parameters).index("other") if "other" in reasons_of(parameters) else reason < 0
    return Tickets(
        owner=owner,
        reason=reason,
        created_at=created_at,
        first_reply_at=first_reply_at,
        resolved_at=later(first_reply_at, hours=quantile(draw("resolution"), parameters.resolution_hours)),
        channel=pick(draw("channel"), _CHANNEL_SHARES),
        minutes=np.floor(quantile(draw("minutes"), _MINUTES)).astype(np.int64),
        score=1 + pick(draw("score"), _SCORE_SHARES),
        is_answered=draw("survey") < _ANSWERED_SHARE,
        is_spam=is_other & (draw("spam") < parameters.spam_share),
    )
