"""What other tools write to the customers of a whole shop, and how the mails were received.

Service mail follows what happens: an order, a parcel's events, a return, a refund, an answer of the help desk. Teaching
and marketing need consent at that moment; they end with a complaint, a dead mailbox or a click on the link.
"""

from dataclasses import dataclass, fields

import numpy as np

from personalization.simulation.chance import Flags, Keys, Whole, quantile
from personalization.simulation.consenting import Departures, Wishes, departures, may_market
from personalization.simulation.exceptions import Happened
from personalization.simulation.feed import ACCEPTED, DELIVERED, DRIVER, moments_of
from personalization.simulation.given import NOBODY, Given
from personalization.simulation.moments import at_hour, day_of, later, working_day
from personalization.simulation.parcels import LATE, NEVER, STALLED
from personalization.simulation.refunds import RETURNED as RETURN_REFUND
from personalization.simulation.setting import Setting
from personalization.simulation.shipping import Sent

SERVICE, EDUCATION, MARKETING = range(3)
CLASSES = ("service", "education", "marketing")
PROGRAMS = (  # program, source, class, channel
    ("order_confirmation", "shop", SERVICE, "email"),
    ("shipping_notice", "tracking", SERVICE, "email"),
    ("delivery_notice", "tracking", SERVICE, "email"),
    ("delay_notice", "tracking", SERVICE, "email"),
    ("parcel_text", "sms", SERVICE, "sms"),
    ("return_received", "returns", SERVICE, "email"),
    ("return_requested", "returns", SERVICE, "email"),
    ("refund_notice", "shop", SERVICE, "email"),
    ("ticket_reply", "helpdesk", SERVICE, "email"),
    ("care_guide", "esp", EDUCATION, "email"),
    ("newsletter", "esp", MARKETING, "email"),
    ("offer_text", "sms", MARKETING, "sms"),
)
_CONFIRM, _SHIPPED, _ARRIVED, _DELAYED, _TEXT, _BACK, _ASKED, _MONEY, _REPLY, _CARE, _NEWS, _OFFER = range(
    len(PROGRAMS)
)
# Where a program's messages stand among the hundred places that an order has.
_SLOTS = (0, 0, 10, 20, 30, 40, 43, 48, 60, 80, 90, 95)
LAG_SECONDS = 900  # until the tool has told the shop what became of a message
_MESSAGE_NUMBERS = 6 * 10**12
_KIND = np.array([kind for _, _, kind, _ in PROGRAMS])
_IS_TEXT = np.array([channel == "sms" for *_, channel in PROGRAMS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sends:
    """What was sent, column by column; order and customer are places."""

    number: Whole
    order: Whole
    customer: Whole
    program: Whole
    sent_at: Whole

    @property
    def keys(self) -> Keys:
        """Return the messages' numbers as keys of chance."""
        return self.number.astype(np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """What ends mail to each customer: moments, NEVER where it does not happen."""

    dead_at: Whole
    complained_at: Whole
    unsubscribed_at: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The messages in the order of their numbers, how marketing ended, and when an address was given up."""

    sends: Sends
    left: Departures
    mailbox: Mailbox
    bounced_at: Whole  # by customer: when a message first hit the dead mailbox
    is_hard: Flags
    is_soft: Flags
    complains: Flags
    unsubscribes: Flags


def service_sends(happened: Happened, *, wishes: Wishes, setting: Setting) -> Sends:
    """Return the mail that tells what happened, and the texts about parcels of those who want them."""
    given, sent, feed = happened.given, happened.sent, happened.feed
    returns, refunds, tickets = happened.returns, happened.refunds, happened.tickets
    orders, course, number = given.orders, sent.course, sent.number % 10
    count = len(sent.number)
    _, left_at = moments_of(feed, ACCEPTED, parcels_count=count)
    _, came_at = moments_of(feed, DELIVERED, parcels_count=count)
    driver_at, driver_known_at = moments_of(feed, DRIVER, parcels_count=count)
    tells = setting.happens(course.keys, "delivery notice", share=setting.rates.delivered_notice_share)
    is_delayed = np.isin(course.outcome, (LATE, STALLED)) & sent.leaves() & course.is_tracked
    apology_at = at_hour(course.promised_on, 19.0)
    customer = np.append(wishes.sms_service_at, NEVER)[orders.customer[sent.order]]
    texted_at = np.where((customer < driver_at) & (number <= 2), driver_known_at + 120, NEVER)
    place = returns.number % 10
    by_refund = np.where(refunds.reason == RETURN_REFUND, NEVER, refunds.refunded_at + 600)
    batches = [
        _batch(
            given, np.arange(len(orders.number)), 0, _CONFIRM, np.where(orders.is_test, NEVER, orders.placed_at + 120)
        ),
        _batch(given, sent.order, number, _SHIPPED, _after(left_at, 300)),
        _batch(given, sent.order, number, _ARRIVED, np.where(tells, _after(came_at, 300), NEVER)),
        _batch(given, sent.order, number, _DELAYED, np.where(is_delayed, apology_at, NEVER)),
        _batch(given, sent.order, number, _TEXT, texted_at),
        _batch(given, returns.order, place, _ASKED, returns.requested_at + 180),
        _batch(given, returns.order, place, _BACK, _after(returns.received_at, 900)),
        _batch(given, refunds.order, refunds.number % 10, _MONEY, by_refund),
        _batch(
            given,
            tickets.order,
            tickets.slot,
            _REPLY,
            np.where(
                tickets.is_spam, NEVER, np.where(tickets.is_from_agent, tickets.created_at, tickets.first_reply_at)
            ),
        ),
    ]
    return _joined(batches, until=setting.until)


def _after(moments: Whole, seconds: int) -> Whole:
    return np.where(moments == NEVER, NEVER, moments + seconds)


def _batch(given: Given, order: Whole, slot: Whole | int, program: int, sent_at: Whole) -> Sends:
    customer = given.orders.customer[order]
    chosen = (customer != NOBODY) & (sent_at != NEVER)
    place = np.broadcast_to(np.asarray(slot, dtype=np.int64), len(order))[chosen] + _SLOTS[program]
    return Sends(
        number=_MESSAGE_NUMBERS + given.orders.number[order[chosen]] * 100 + place,
        order=order[chosen],
        customer=customer[chosen],
        program=np.full(int(chosen.sum()), program, dtype=np.int64),
        sent_at=sent_at[chosen],
    )


def _joined(batches: list[Sends], *, until: int) -> Sends:
    columns = {field.name: np.concatenate([getattr(one, field.name) for one in batches]) for field in fields(Sends)}
    sort = np.argsort(columns["number"], kind="stable")
    sort = sort[columns["sent_at"][sort] < until]
    return Sends(**{name: column[sort] for name, column in columns.items()})


def marketing_sends(given: Given, sent: Sent, *, wishes: Wishes, setting: Setting) -> Sends:
    """Return what would be sent to everybody who ever agreed; who may really get it is decided afterwards."""
    orders, rates = given.orders, setting.rates
    delivered_at = np.full(len(orders.number), NEVER)
    arrives = sent.arrives()
    np.minimum.at(delivered_at, sent.order[arrives], sent.course.delivered_at[arrives])
    cares = (delivered_at != NEVER) & setting.happens(orders.keys, "care guide", share=rates.care_share)
    care_at = at_hour(day_of(np.where(cares, delivered_at, 0)) + 3, 11.0)
    every = np.arange(len(orders.number))
    batches = [_batch(given, every, 0, _CARE, np.where(cares, care_at, NEVER))]
    for number in range(rates.newsletters):
        # Campaigns go out on Tuesdays; an order brings those of the next months with it.
        tuesday = working_day(day_of(orders.placed_at) + 9 + 28 * number, after=0)
        tuesday = tuesday + (5 - tuesday % 7) % 7
        gets = setting.happens(orders.keys, f"newsletter {number}", share=rates.newsletter_share) & ~orders.is_test
        batches.append(_batch(given, every, number, _NEWS, np.where(gets, at_hour(tuesday, 10.0), NEVER)))
    texted = np.append(wishes.sms_at, NEVER)[orders.customer] != NEVER
    texted &= setting.happens(orders.keys, "offer text", share=0.3) & ~orders.is_test
    offer_at = at_hour(day_of(orders.placed_at) + 17, 12.0)
    batches.append(_batch(given, every, 0, _OFFER, np.where(texted, offer_at, NEVER)))
    return _joined(batches, until=setting.until)


def deliver(given: Given, service: Sends, marketing: Sends, *, wishes: Wishes, setting: Setting) -> Mail:
    """Return what was really sent, given what each earlier message led to."""
    mailbox = _mailbox(given, marketing, wishes=wishes, setting=setting)
    left = departures(wishes, given, unsubscribed_at=mailbox.unsubscribed_at, setting=setting)
    allowed = _allowed(marketing, wishes, left, mailbox)
    marketing = Sends(**{field.name: getattr(marketing, field.name)[allowed] for field in fields(Sends)})
    sends = _joined([service, marketing], until=setting.until)
    is_mail = ~_IS_TEXT[sends.program]
    is_hard = is_mail & (sends.sent_at >= mailbox.dead_at[sends.customer])
    bounced_at = np.full(len(given.customers.number), NEVER)
    np.minimum.at(bounced_at, sends.customer[is_hard], sends.sent_at[is_hard])
    # The mailing tool gives a dead address up after its first bounce.
    given_up = is_hard & (_KIND[sends.program] != SERVICE) & (sends.sent_at > bounced_at[sends.customer])
    keep = ~given_up
    sends = Sends(**{field.name: getattr(sends, field.name)[keep] for field in fields(Sends)})
    is_hard, is_mail = is_hard[keep], is_mail[keep]
    is_soft = is_mail & ~is_hard & setting.happens(sends.keys, "soft bounce", share=setting.rates.soft_bounce_share)
    is_ad = _KIND[sends.program] == MARKETING
    ends_it = is_ad & is_mail & (sends.sent_at < left.at[sends.customer])
    return Mail(
        sends=sends,
        left=left,
        mailbox=mailbox,
        bounced_at=bounced_at,
        is_hard=is_hard,
        is_soft=is_soft,
        complains=ends_it & (_reacted_at(sends, setting=setting) == mailbox.complained_at[sends.customer]),
        unsubscribes=ends_it & (_reacted_at(sends, setting=setting) == mailbox.unsubscribed_at[sends.customer]),
    )


def _reacted_at(sends: Sends, *, setting: Setting) -> Whole:
    """Return when a reader of each message would act on it."""
    return setting.after_hours(sends.sent_at, sends.keys, "reacts", hours=(0.05, 0.5, 3, 20))


def _mailbox(given: Given, marketing: Sends, *, wishes: Wishes, setting: Setting) -> Mailbox:
    """Return what ends mail to each customer: the first of all messages that would."""
    rates, count = setting.rates, len(given.customers.number)
    keys = given.customers.number.astype(np.uint64)
    dies = setting.happens(keys, "mailbox dies", share=rates.dead_mailbox_share) & (wishes.first_at != NEVER)
    dead_at = setting.after_days(wishes.first_at, keys, "mailbox dies at", days=rates.dead_mailbox_days)
    dead_at = np.where(dies, dead_at, NEVER)
    is_open = (_KIND[marketing.program] == MARKETING) & ~_IS_TEXT[marketing.program]
    is_open &= marketing.sent_at >= wishes.agreed_at[marketing.customer] + 3600
    is_open &= marketing.sent_at < np.minimum(wishes.left_at, dead_at)[marketing.customer]
    is_open &= ~setting.happens(marketing.keys, "soft bounce", share=rates.soft_bounce_share)
    draws, at = setting.draw(marketing.keys, "has enough"), _reacted_at(marketing, setting=setting)
    complained_at, unsubscribed_at = np.full(count, NEVER), np.full(count, NEVER)
    complains = is_open & (draws < rates.complaint_share)
    leaves = is_open & ~complains & (draws < rates.complaint_share + rates.unsubscribe_share)
    np.minimum.at(complained_at, marketing.customer[complains], at[complains])
    np.minimum.at(unsubscribed_at, marketing.customer[leaves], at[leaves])
    # Who has complained is not mailed again, so only the first of both happens.
    return Mailbox(
        dead_at=dead_at,
        complained_at=np.where(complained_at <= unsubscribed_at, complained_at, NEVER),
        unsubscribed_at=np.where(unsubscribed_at < complained_at, unsubscribed_at, NEVER),
    )


def _allowed(marketing: Sends, wishes: Wishes, left: Departures, mailbox: Mailbox) -> Flags:
    """Return what of the marketing may be sent: with consent, and to no one who complained."""
    customer, at = marketing.customer, marketing.sent_at
    by_mail = may_market(wishes, left, customer, at) & (at < mailbox.complained_at[customer])
    by_text = (at >= wishes.sms_at[customer]) & (at < wishes.sms_left_at[customer])
    return np.asarray(np.where(_IS_TEXT[marketing.program], by_text, by_mail), dtype=np.bool_)


TYPES = ("bounce_hard", "bounce_soft", "click", "complaint", "delivered", "machine_open", "open", "unsubscribe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """What became of messages, by message (a place), type (a place in TYPES) and moment."""

    message: Whole
    kind: Whole
    occurred_at: Whole


def build_engagement(mail: Mail, given: Given, *, setting: Setting) -> Engagement:
    """Return what became of the messages by the world's end. Opens are by machine where the mailbox hides its owner."""
    sends, rates, keys = mail.sends, setting.rates, mail.sends.keys
    is_mail = ~_IS_TEXT[sends.program]
    arrives = ~mail.is_hard & ~mail.is_soft
    delivered_at = later(sends.sent_at, hours=quantile(setting.draw(keys, "arrives"), (0.0005, 0.002, 0.05)))
    hides = setting.happens(given.customers.number.astype(np.uint64), "hides", share=rates.apple_share)
    is_hidden = hides[sends.customer]
    reads = arrives & is_mail & setting.happens(keys, "reads", share=rates.open_share)
    read_at = setting.after_hours(delivered_at, keys, "reads at", hours=(0.02, 0.6, 4, 60))
    by_machine = arrives & is_mail & is_hidden
    machine_at = setting.after_hours(delivered_at, keys, "machine reads", hours=(0.01, 0.3, 2))
    clicks = reads & setting.happens(keys, "clicks", share=rates.click_share / rates.open_share)
    bounced_at, acted_at = sends.sent_at + 30, _reacted_at(sends, setting=setting)
    found = (  # in the order of TYPES
        (mail.is_hard, bounced_at),
        (mail.is_soft, bounced_at),
        (clicks, read_at + 40),
        (mail.complains, acted_at),
        (arrives, delivered_at),
        (by_machine, machine_at),
        (reads & ~is_hidden, read_at),
        (mail.unsubscribes, acted_at),
    )
    places = [np.flatnonzero(chosen & (at < setting.until - LAG_SECONDS)) for chosen, at in found]
    message = np.concatenate(places)
    kind = np.repeat(np.arange(len(found)), [len(place) for place in places])
    at = np.concatenate([moments[place] for (_, moments), place in zip(found, places, strict=True)])
    sort = np.argsort(message, kind="stable")  # the types stand one after the other
    return Engagement(message=message[sort], kind=kind[sort], occurred_at=at[sort])
