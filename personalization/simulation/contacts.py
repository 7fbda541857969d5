"""Tickets of a whole shop, each with what caused it: a silent parcel, a return, a claim, or ordinary life."""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from personalization.simulation import claims as claiming
from personalization.simulation import returns as returning
from personalization.simulation import support
from personalization.simulation.chance import Flags, Keys, Numbers, Whole, pick, quantile
from personalization.simulation.claims import Claims
from personalization.simulation.given import NOBODY, Given
from personalization.simulation.moments import DAY, HOUR, at_hour, day_of, later, working_day
from personalization.simulation.parcels import LOST, NEVER, RETURNED, STALLED
from personalization.simulation.returns import Returns
from personalization.simulation.setting import Setting
from personalization.simulation.shipping import Sent

REASONS = (
    "wismo",
    "return",
    "exchange",
    "refund",
    "damaged",
    "claim",
    "product_question",
    "cancel",
    "address",
    "other",
)
STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
_TICKET_NUMBERS = 5 * 10**12
# A ticket's place in its order, after 1 and 2 for where the parcels are.
NOT_RECEIVED_SLOT, _CANCELS, _ADDRESS, _SPAM, _AGENT = 3, 13, 14, 15, 16
_RETURN, _EXCHANGE, _REFUND, _DAMAGED, _CLAIM, _TOPICS = 4, 5, 6, 7, 8, 9
_SCORE_SHARES = (0.05, 0.05, 0.1, 0.3)  # of 1 to 4, the rest gives 5: our choice
_SCORED_SHARE = 0.4  # our choice: who fills in the survey
_MINUTES = (2, 4, 6, 12, 45)  # our choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What makes people write: order is a place; slot the ticket's place in its order."""

    order: Whole
    slot: Whole
    reason: Whole
    created_at: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets:
    """The tickets, column by column, in the order of their numbers; moments NEVER where they do not come."""

    number: Whole
    slot: Whole
    order: Whole
    reason: Whole
    channel: Whole
    created_at: Whole
    first_reply_at: Whole
    resolved_at: Whole
    minutes: Whole
    score: Whole
    reopens: Whole
    is_unanswered: Flags
    is_unsolved: Flags
    is_from_agent: Flags
    is_spam: Flags

    @property
    def keys(self) -> Keys:
        """Return the tickets' numbers as keys of chance."""
        return self.number.astype(np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """When a parcel's trouble shows, by parcel: NEVER where there is none."""

    silent_at: Whole
    declared_lost_at: Whole
    turned_back_at: Whole
    cancelled_late_at: Whole  # by order


def build_tickets(
    given: Given, sent: Sent, troubles: Troubles, returns: Returns, claims: Claims, *, setting: Setting
) -> Tickets:
    """Return all tickets, those about one thing once."""
    asked = [
        *_about_parcels(sent, setting=setting),
        *_about_returns(returns, setting=setting),
        *_about_claims(claims, setting=setting),
        *_about_orders(given, sent, troubles, setting=setting),
        _by_agents(sent, troubles, setting=setting),
    ]
    joined = {field.name: np.concatenate([getattr(one, field.name) for one in asked]) for field in fields(Asked)}
    number = _TICKET_NUMBERS + given.orders.number[joined["order"]] * 100 + joined["slot"]
    number, first = np.unique(number, return_index=True)
    return _answered(number, Asked(**{name: column[first] for name, column in joined.items()}), setting=setting)


def _asked(order: Whole, slot: Whole | int, reason: str, created_at: Whole) -> Asked:
    return Asked(
        order=order,
        slot=np.broadcast_to(np.asarray(slot, dtype=np.int64), len(order)),
        reason=np.full(len(order), REASONS.index(reason), dtype=np.int64),
        created_at=created_at,
    )


def _about_parcels(sent: Sent, *, setting: Setting) -> list[Asked]:
    """Return who asks where the parcel is, and who says that it never came although it was scanned."""
    about = support.parcel_tickets(sent.course, seed=setting.seed, parameters=setting.parameters)
    asks = sent.leaves()[about.owner] & ~sent.is_missed[about.owner] & (sent.number[about.owner] % 10 <= 2)
    owner, created_at = about.owner[asks], about.created_at[asks]
    missed = np.flatnonzero(
        sent.is_missed & setting.happens(sent.course.keys, "tells of it", share=setting.rates.not_received_ticket_share)
    )
    told_at = setting.after_hours(
        sent.course.delivered_at[missed], sent.course.keys[missed], "tells of it at", hours=(2, 20, 60)
    )
    broken = np.flatnonzero(
        claiming.damaged_parcels(sent, setting=setting)
        & setting.happens(sent.course.keys, "shows it", share=setting.rates.damaged_ticket_share)
    )
    shown_at = setting.after_hours(
        sent.course.delivered_at[broken], sent.course.keys[broken], "shows it at", hours=(0.5, 8, 48)
    )
    return [
        _asked(sent.order[owner], sent.number[owner] % 10, "wismo", created_at),
        _asked(sent.order[missed], NOT_RECEIVED_SLOT, "wismo", told_at),
        _asked(sent.order[broken], _DAMAGED, "damaged", shown_at),
    ]


def _about_returns(returns: Returns, *, setting: Setting) -> list[Asked]:
    rates, keys = setting.rates, returns.keys
    is_exchange = returns.outcome == returning.EXCHANGE
    waits = returns.received_at != NEVER
    how = np.flatnonzero(setting.happens(keys, "asks how", share=rates.return_question_share))
    share = np.where(returns.is_unavailable, 0.5, rates.exchange_question_share)
    swap = np.flatnonzero(is_exchange & waits & (setting.draw(keys, "asks for it") < share))
    money = np.flatnonzero(
        ~is_exchange & waits & setting.happens(keys, "asks for money", share=rates.refund_question_share)
    )
    return [
        _asked(
            returns.order[how],
            _RETURN,
            "return",
            setting.after_hours(returns.requested_at[how], keys[how], "asks how at", hours=(0.2, 4, 30)),
        ),
        _asked(
            returns.order[swap],
            _EXCHANGE,
            "exchange",
            setting.after_hours(returns.received_at[swap], keys[swap], "asks for it at", hours=(6, 40, 90)),
        ),
        _asked(
            returns.order[money],
            _REFUND,
            "refund",
            setting.after_hours(returns.received_at[money], keys[money], "asks for money at", hours=(12, 60, 120)),
        ),
    ]


def _about_claims(claims: Claims, *, setting: Setting) -> list[Asked]:
    place = np.flatnonzero(setting.happens(claims.keys, "asks about it", share=setting.rates.claim_ticket_share))
    created_at = setting.after_hours(
        claims.opened_at[place], claims.keys[place], "asks about it at", hours=(0.2, 24, 72)
    )
    return [_asked(claims.order[place], _CLAIM, "claim", created_at)]


def _about_orders(given: Given, sent: Sent, troubles: Troubles, *, setting: Setting) -> list[Asked]:
    """Return who writes for other reasons, who cancels late or moves house, and what is spam."""
    orders = given.orders
    delivered_at = np.full(len(orders.number), NEVER)
    arrives = sent.arrives()
    np.minimum.at(delivered_at, sent.order[arrives], sent.course.delivered_at[arrives])
    batches = support.order_tickets(
        orders.keys,
        placed_at=orders.placed_at,
        delivered_at=delivered_at,
        seed=setting.seed,
        parameters=setting.parameters,
    )
    asked = []
    for place, batch in enumerate(batches):
        real = ~orders.is_test[batch.owner] & (orders.cancelled_at[batch.owner] > batch.created_at)
        reason = setting.parameters.topics[place].reason
        asked.append(_asked(batch.owner[real], _TOPICS + place, reason, batch.created_at[real]))
    late = np.flatnonzero((troubles.cancelled_late_at != NEVER) & setting.happens(orders.keys, "cancels", share=0.6))
    moved = np.flatnonzero(
        (orders.address_changed_at != NEVER) & ~orders.is_test & setting.happens(orders.keys, "moves", share=0.4)
    )
    spam = np.flatnonzero(setting.happens(orders.keys, "spam ticket", share=setting.rates.spam_share))
    return [
        *asked,
        _asked(late, _CANCELS, "cancel", troubles.cancelled_late_at[late] - HOUR // 2),
        _asked(moved, _ADDRESS, "address", np.maximum(orders.address_changed_at[moved] - 600, orders.placed_at[moved])),
        _asked(
            spam, _SPAM, "other", setting.after_days(orders.placed_at[spam], orders.keys[spam], "spam at", days=(0, 30))
        ),
    ]


def _by_agents(sent: Sent, troubles: Troubles, *, setting: Setting) -> Asked:
    """Return where an agent writes first: a silent parcel after three working days (T3), a lost one, one going back."""
    course = sent.course
    noticed_on = working_day(day_of(np.where(troubles.silent_at == NEVER, 0, troubles.silent_at)), after=3)
    seen_at = np.select(
        [course.outcome == STALLED, course.outcome == LOST, course.outcome == RETURNED],
        [at_hour(noticed_on, 11.0), troubles.declared_lost_at, troubles.turned_back_at],
        NEVER,
    )
    acts = (
        (seen_at != NEVER) & sent.leaves() & setting.happens(course.keys, "agent acts", share=setting.rates.agent_share)
    )
    place = np.flatnonzero(acts)
    created_at = setting.after_hours(seen_at[place], course.keys[place], "agent acts at", hours=(0.5, 4, 20))
    return _asked(sent.order[place], _AGENT, "wismo", created_at)


def _answered(number: Whole, asked: Asked, *, setting: Setting) -> Tickets:
    """Return the tickets with how they were answered: usually within hours, a few after days or never."""
    rates, parameters, keys = setting.rates, setting.parameters, number.astype(np.uint64)

    def draw(purpose: str) -> Numbers:
        return setting.draw(keys, purpose)

    is_spam, is_from_agent = asked.slot == _SPAM, asked.slot == _AGENT
    is_plain = ~is_spam & ~is_from_agent
    is_unanswered = is_plain & (draw("unanswered") < rates.unanswered_share)
    is_unsolved = is_plain & ~is_unanswered & (draw("unsolved") < rates.unsolved_share)
    reply = quantile(draw("reply"), parameters.first_reply_hours)
    reply = np.where(is_unanswered, 24 * quantile(draw("late reply"), rates.unanswered_days), reply)
    first_reply_at = later(asked.created_at, hours=reply)
    solution = quantile(draw("resolution"), parameters.resolution_hours)
    solution = np.where(is_unsolved, 24 * quantile(draw("late solution"), rates.unsolved_days), solution)
    reopens = (is_plain & (draw("reopens") < rates.reopen_share)).astype(np.int64)
    resolved_at = later(first_reply_at, hours=solution + reopens * 48)
    is_forgotten = is_unsolved & (draw("forgotten") < rates.forgotten_share / rates.unsolved_share)
    return Tickets(
        number=number,
        slot=asked.slot,
        order=asked.order,
        reason=asked.reason,
        channel=pick(draw("channel"), (0.6, 0.25)),
        created_at=asked.created_at,
        first_reply_at=np.where(is_plain, first_reply_at, NEVER),
        resolved_at=np.where(is_forgotten, NEVER, resolved_at),
        minutes=np.floor(quantile(draw("minutes"), _MINUTES)).astype(np.int64),
        score=np.where(is_plain & (draw("survey") < _SCORED_SHARE), 1 + pick(draw("score"), _SCORE_SHARES), NOBODY),
        reopens=reopens,
        is_unanswered=is_unanswered,
        is_unsolved=is_unsolved,
        is_from_agent=is_from_agent,
        is_spam=is_spam,
    )


def status_words(tickets: Tickets, *, setting: Setting) -> pa.Array:
    """Return each ticket's status at the world's end; a solved one is closed after some days."""
    until = setting.until
    waits = setting.draw(tickets.keys, "waits")
    untouched = np.where(waits < 0.6, 0, 1)
    touched = 1 + pick(waits, (0.3, 0.55))
    status = np.select(
        [
            tickets.resolved_at + setting.rates.closed_days * DAY < until,
            tickets.resolved_at < until,
            (tickets.first_reply_at < until) | tickets.is_from_agent,
        ],
        [5, 4, touched],
        untouched,
    )
    return pa.array(STATUSES).take(pa.array(status))
