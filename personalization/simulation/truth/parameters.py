"""How customers respond to messages: every rate with where it comes from. T and R numbers are those of the thresholds.

Effects are points of probability of an order within 14 days. What a flow's placed-order rate counts is mostly orders
that would have come anyway, so the true effects lie below the 1.71 % of T6. The one public experiment, Hillstrom's,
with 14 days too, measured 0.57 % without mail and 0.88 % and 1.25 % with it: effects of 0.3 and 0.7 points.

Tuples of numbers are quantiles at equal steps from 0 to 1. Everything without a source is our choice.
"""

from dataclasses import dataclass

PROGRAMS = ("cross_sell", "onboarding", "replenishment")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramResponse:
    """What a message of a program does to the probability of an order.

    well_timed has quantiles over customers of the points added by a message at the right time; at another time
    ill_timed_share of it is left. The right time is from_share to until_share of the supply after its arrival, or
    from_days to until_days after the arrival of an order.
    """

    well_timed: tuple[float, ...]
    ill_timed_share: float
    from_days: int = 0
    until_days: int = 0
    from_share: float = 0.0
    until_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseParameters:
    """The response of a world: the orders that come anyway, what messages add or spoil, and what people click.

    Points are added to the probability of an order within 14 days; shares are of messages delivered.
    """

    # Orders that come anyway: the customer's own rate, drawn towards that of a customer of whom little is known.
    prior_orders: float = 0.3  # T5: with prior_days, a second order within a year for about a quarter
    prior_days: float = 400
    baseline_most: float = 0.5
    replenishment: ProgramResponse = ProgramResponse(
        well_timed=(0, 0.004, 0.009, 0.014, 0.028),  # 1.0 points on average: below the 1.71 % of T6
        ill_timed_share=0.1,
        from_share=0.7,
        until_share=1.4,
    )
    cross_sell: ProgramResponse = ProgramResponse(
        well_timed=(0, 0.002, 0.004, 0.007, 0.014),  # 0.5 points on average, as Hillstrom's two mails
        ill_timed_share=0.3,
        from_days=7,
        until_days=60,
    )
    onboarding: ProgramResponse = ProgramResponse(
        well_timed=(-0.001, 0.001, 0.003, 0.005, 0.008),  # 0.3 points: it is there to help, not to sell
        ill_timed_share=0.0,
        from_days=0,
        until_days=14,
    )
    usual_supply_days: int = 45  # of a consumable whose days of supply nobody wrote down
    no_consumables: float = 0.0  # times the effect of a reminder for somebody who buys none
    own_rhythm: float = 1.3  # and for somebody with two orders of consumables and more
    unwelcome_loss: float = 0.35  # of the orders that would have come, where the purchase is in trouble or they said no
    fatigue: tuple[float, ...] = (0, 0.0005, 0.001, 0.002, 0.004)  # points lost per extra message in 7 days (T8)
    open_share: tuple[float, ...] = (0.02, 0.15, 0.30, 0.45, 0.75)  # with the machines 49 %; T6: flows 48.57 %
    machine_share: float = 0.25  # of people whose mail program opens everything (T6: Apple's privacy protection)
    click_share: tuple[float, ...] = (0, 0.01, 0.03, 0.06, 0.18)  # 4.75 %; T6: flows 4.67 %
    unsubscribe_share: tuple[float, ...] = (0, 0.001, 0.002, 0.006, 0.030)  # 0.6 %; T6: flows 0.60 %
    complaint_share: tuple[float, ...] = (0, 0, 0.0001, 0.0003, 0.0032)  # 0.05 %; T6: flows 0.05 %, T7: below 0.1 %
    bounce_share: float = 0.0083  # T6
    hard_bounce_share: float = 0.4  # of the bounces
    unasked: float = 1.5  # times as many leave or complain who never said yes themselves
    ill_timed_anger: float = 1.5
    unwelcome_anger: float = 6.0
    fatigue_anger: float = 0.5  # more of them for each extra message in 7 days
    order_days: tuple[float, ...] = (0.05, 1, 3, 6, 10, 13.9)  # from the message to the order


RESPONSE = ResponseParameters()
