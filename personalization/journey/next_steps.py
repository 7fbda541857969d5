"""What an order's customer should do next: one step for each state, the same wherever the shop speaks (R12)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from personalization.errors import ConfigurationInvalid
from personalization.settings import suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The one next step of a state: how the order is, the step's code, the page it leads to, and how it is said.

    title tells the customer how the order is, en and de what to do; page is one of orders, tracking, returns and help.
    """

    title_en: str
    title_de: str
    order_is: str
    code: str
    page: str
    en: str
    de: str


# The states of the table touchpoints, and those that touchpoints often forget.
NEXT_STEPS: Mapping[str, NextStep] = {
    "confirmed": NextStep(
        title_en="Your order has not left yet",
        title_de="Ihre Bestellung ist noch nicht unterwegs",
        order_is="has not left yet",
        code="wait_for_shipping",
        page="orders",
        en="Wait for the shipping notice.",
        de="Warten Sie auf die Versandnachricht.",
    ),
    "in_transit": NextStep(
        title_en="Your order is on its way",
        title_de="Ihre Bestellung ist unterwegs",
        order_is="is on its way",
        code="track",
        page="tracking",
        en="Follow the parcel.",
        de="Verfolgen Sie das Paket.",
    ),
    "stalled": NextStep(
        title_en="Your order is held up",
        title_de="Ihre Bestellung kommt nicht voran",
        order_is="is late or stuck",
        code="write_to_us",
        page="help",
        en="Write to us.",
        de="Schreiben Sie uns.",
    ),
    "not_received": NextStep(
        title_en="Your parcel is missing",
        title_de="Ihr Paket fehlt",
        order_is="was never received, they say",
        code="wait_for_our_answer",
        page="help",
        en="We are looking for the parcel and will write to you.",
        de="Wir suchen das Paket und schreiben Ihnen.",
    ),
    "issue_open": NextStep(
        title_en="Your request is with us",
        title_de="Ihr Anliegen ist bei uns",
        order_is="has an open question, claim or dispute",
        code="wait_for_our_answer",
        page="help",
        en="We have your question and will answer it.",
        de="Wir haben Ihre Frage und beantworten sie.",
    ),
    "returned_to_sender": NextStep(
        title_en="Your parcel is on its way back to us",
        title_de="Ihr Paket geht an uns zurück",
        order_is="went back to the shop",
        code="tell_us_where_to",
        page="help",
        en="Tell us where to send the parcel again.",
        de="Sagen Sie uns, wohin wir das Paket noch einmal schicken sollen.",
    ),
    "partly_delivered": NextStep(
        title_en="Part of your order has arrived",
        title_de="Ein Teil Ihrer Bestellung ist da",
        order_is="arrived in part",
        code="track",
        page="tracking",
        en="Follow the rest of your order.",
        de="Verfolgen Sie den Rest Ihrer Bestellung.",
    ),
    "rest_not_shipped": NextStep(
        title_en="Part of your order has not left yet",
        title_de="Ein Teil Ihrer Bestellung ist noch nicht unterwegs",
        order_is="arrived in part, and the rest has not left",
        code="wait_for_shipping",
        page="orders",
        en="Wait for the shipping notice of the rest.",
        de="Warten Sie auf die Versandnachricht für den Rest.",
    ),
    "delivered": NextStep(
        title_en="Your order has arrived",
        title_de="Ihre Bestellung ist angekommen",
        order_is="has arrived",
        code="unpack_and_check",
        page="returns",
        en="Unpack and check.",
        de="Packen Sie aus und prüfen Sie.",
    ),
    "return_requested": NextStep(
        title_en="Your return is open",
        title_de="Ihre Rücksendung ist offen",
        order_is="is being sent back",
        code="send_back",
        page="returns",
        en="Send the parcel back.",
        de="Schicken Sie das Paket zurück.",
    ),
    "exchange_open": NextStep(
        title_en="Your exchange is under way",
        title_de="Ihr Umtausch läuft",
        order_is="is being exchanged",
        code="wait_for_exchange",
        page="returns",
        en="Send the parcel back; the other one follows.",
        de="Schicken Sie das Paket zurück; das andere folgt.",
    ),
    "cancelled_under_way": NextStep(
        title_en="Your order is cancelled",
        title_de="Ihre Bestellung ist storniert",
        order_is="was cancelled and is still on its way",
        code="refuse_the_parcel",
        page="help",
        en="Refuse the parcel; your money comes back.",
        de="Nehmen Sie das Paket nicht an; Ihr Geld kommt zurück.",
    ),
}

# Which state an open exception puts an order into, the gravest first; why it is open until when.
EXCEPTIONS: Mapping[str, tuple[str, str]] = {
    "not_received": ("not_received", "the claim is resolved"),
    "claim_open": ("issue_open", "the claim is resolved"),
    "ticket_open": ("issue_open", "the ticket is resolved"),
    "chargeback": ("issue_open", "180 days after the dispute was opened"),
    "cancelled_under_way": ("cancelled_under_way", "the parcel has come back, or 90 days"),
    "exchange_open": ("exchange_open", "the exchange is closed"),
    "return_open": ("return_requested", "the return is closed"),
    "parcel_returned_to_sender": ("returned_to_sender", "it is sent again or refunded, or 90 days"),
    "parcel_in_trouble": ("stalled", "it arrives, a claim for it is settled, or 90 days without news"),
    "parcel_stalled": ("stalled", "it is scanned or arrives, a claim for it is settled, or 90 days without news"),
    "not_shipped": ("stalled", "it leaves, is cancelled or paid back, or 90 days"),
    "partial_delivery": ("partly_delivered", "the rest arrives, or 90 days"),
}


def check_states(names: Iterable[str]) -> None:
    """Raise ConfigurationInvalid where shop.toml's ``[next_steps]`` names a state that no order is in."""
    for name in names:
        if name not in NEXT_STEPS:
            raise ConfigurationInvalid(f"shop.toml: next_steps.{name}: unknown state{suggest(name, list(NEXT_STEPS))}")


def exception_states() -> pa.Table:
    """Return one row an exception: exception, state, place (1 is the gravest)."""
    return pa.table(
        {
            "exception": list(EXCEPTIONS),
            "state": [state for state, _ in EXCEPTIONS.values()],
            "place": list(range(1, len(EXCEPTIONS) + 1)),
        }
    )


def state_steps() -> pa.Table:
    """Return one row a state: state, next_step, page."""
    return pa.table(
        {
            "state": list(NEXT_STEPS),
            "next_step": [step.code for step in NEXT_STEPS.values()],
            "page": [step.page for step in NEXT_STEPS.values()],
        }
    )
