"""The tables of a whole shop's returns, refunds, claims, disputes and tickets, as known at the world's end."""

import numpy as np
import pyarrow as pa

from personalization.contracts import RETURN_REASONS
from personalization.simulation import claims as claiming
from personalization.simulation import contacts, refunds, returns
from personalization.simulation.chance import Flags, Whole
from personalization.simulation.claims import Chargebacks, Claims
from personalization.simulation.contacts import Tickets
from personalization.simulation.frames import instants, known, texts, words
from personalization.simulation.given import NOBODY, Given
from personalization.simulation.moments import later
from personalization.simulation.refunds import Refunds
from personalization.simulation.returns import Returns
from personalization.simulation.setting import Setting


def _assumed(count: int) -> pa.Array:
    return pa.array(np.zeros(count, dtype=np.bool_))


def return_rows(found: Returns, given: Given, *, until: int) -> pa.Table:
    """Return the table of returns; received_at is when the goods came back."""
    chosen = pa.array(np.flatnonzero(found.requested_at < until))
    table = pa.table(
        {
            "return_id": texts(found.number),
            "order_id": texts(given.orders.number[found.order]),
            "state": returns.state_words(found, until=until),
            "requested_at": instants(found.requested_at),
            "approved_at": known(found.approved_at, until=until),
            "received_at": known(found.received_at, until=until),
            "closed_at": known(found.closed_at, until=until),
            "outcome": returns.outcome_words(found, until=until),
            "is_received_assumed": _assumed(len(found.number)),
        }
    )
    return table.take(chosen)


def return_line_rows(found: Returns, given: Given, *, until: int) -> pa.Table:
    """Return the table of what comes back in which return."""
    lines = found.lines
    chosen = np.flatnonzero((found.requested_at < until)[lines.returned_by])
    back, line = lines.returned_by[chosen], lines.line[chosen]
    exchange = lines.exchange[chosen]
    is_told = (found.approved_at < until)[back] & (exchange != NOBODY)
    skus = given.products.sku if len(given.products.sku) else pa.array([None], pa.string())
    sku = skus.take(pa.array(np.maximum(exchange, 0), mask=~is_told))
    return pa.table(
        {
            "return_id": texts(found.number[back]),
            "order_line_id": texts(given.lines.number[line]),
            "qty": pa.array(lines.qty[chosen]),
            "reason": pa.array(RETURN_REASONS).take(pa.array(lines.reason[chosen])),
            "outcome": returns.outcome_words(found, until=until).take(pa.array(back)),
            "value_cents": pa.array(lines.value_cents[chosen]),
            "exchange_sku": sku,
            "received_at": instants(found.requested_at[back]),
            "is_received_assumed": _assumed(len(chosen)),
        }
    )


def refund_rows(found: Refunds, given: Given, *, until: int) -> pa.Table:
    """Return the table of refunds."""
    chosen = np.flatnonzero(found.refunded_at < until)
    return pa.table(
        {
            "refund_id": texts(found.number[chosen]),
            "order_id": texts(given.orders.number[found.order[chosen]]),
            "amount_cents": pa.array(found.amount_cents[chosen]),
            "reason": words(refunds.REASONS, found.reason[chosen]),
            "refunded_at": instants(found.refunded_at[chosen]),
            "received_at": instants(found.refunded_at[chosen]),
            "is_received_assumed": _assumed(len(chosen)),
        }
    )


def chargeback_rows(found: Chargebacks, given: Given, *, setting: Setting) -> pa.Table:
    """Return the table of disputed charges, each told by the payment provider a day later."""
    told_at = later(found.opened_at, hours=setting.rates.dispute_lag_hours)
    chosen = np.flatnonzero(told_at < setting.until)
    is_decided = found.decided_at[chosen] < setting.until
    return pa.table(
        {
            "chargeback_id": texts(found.number[chosen]),
            "order_id": texts(given.orders.number[found.order[chosen]]),
            "reason": words(claiming.DISPUTE_REASONS, found.reason[chosen]),
            "opened_at": instants(found.opened_at[chosen]),
            "outcome": pa.array(["lost", "won"]).take(
                pa.array(found.is_won[chosen].astype(np.int64), mask=~is_decided)
            ),
            "received_at": instants(told_at[chosen]),
            "is_received_assumed": _assumed(len(chosen)),
        }
    )


def claim_rows(found: Claims, given: Given, *, setting: Setting) -> pa.Table:
    """Return the table of claims; one that was opened again has no resolution until the second."""
    until = setting.until
    final_at = claiming.final_resolution(found, setting=setting)
    is_again = found.reopened_at < until
    resolved_at = np.where(is_again, final_at, found.resolved_at)
    is_decided = found.decided_at < until
    state = np.select([resolved_at < until, is_decided & ~is_again], [2, 1], 0)
    product = np.maximum(found.product, 0)
    skus = given.products.sku if len(given.products.sku) else pa.array([None], pa.string())
    table = pa.table(
        {
            "claim_id": texts(found.number),
            "order_id": texts(given.orders.number[found.order]),
            "sku": skus.take(pa.array(product, mask=found.product == NOBODY)),
            "type": words(claiming.TYPES, found.kind),
            "state": words(("open", "decided", "resolved"), state),
            "opened_at": instants(np.minimum(found.opened_at, until)),
            "decided_at": known(found.decided_at, until=until),
            "resolved_at": known(resolved_at, until=until),
            "outcome": pa.array(claiming.OUTCOMES).take(pa.array(found.outcome, mask=~is_decided)),
            "amount_cents": pa.array(found.amount_cents),
            "is_reopened": pa.array(is_again),
            "received_at": instants(np.minimum(found.opened_at, until)),
            "is_received_assumed": _assumed(len(found.number)),
        }
    )
    return table.take(pa.array(np.flatnonzero(found.opened_at < until)))


def ticket_rows(found: Tickets, given: Given, *, setting: Setting) -> pa.Table:
    """Return the table of tickets; spam belongs to no customer and no order."""
    until = setting.until
    chosen = pa.array(np.flatnonzero(found.created_at < until))
    customer = np.append(given.customers.number, NOBODY)[given.orders.customer[found.order]]
    is_solved = found.resolved_at < until
    table = pa.table(
        {
            "ticket_id": texts(found.number),
            "customer_id": texts(np.where(found.is_spam, NOBODY, customer), absent=NOBODY),
            "order_id": texts(np.where(found.is_spam, NOBODY, given.orders.number[found.order]), absent=NOBODY),
            "channel": words(("email", "chat", "phone"), found.channel),
            "status": contacts.status_words(found, setting=setting),
            "reason": words(contacts.REASONS, found.reason),
            "created_at": instants(np.minimum(found.created_at, until)),
            "first_reply_at": known(found.first_reply_at, until=until),
            "resolved_at": known(found.resolved_at, until=until),
            "reopens": _where(found.reopens, is_solved),
            "handle_minutes": _where(found.minutes, is_solved),
            "csat": _where(found.score, is_solved & (found.score != NOBODY)),
            "is_from_agent": pa.array(found.is_from_agent),
            "is_spam": pa.array(found.is_spam),
            "received_at": instants(np.minimum(found.created_at, until)),
            "is_received_assumed": _assumed(len(found.number)),
        }
    )
    return table.take(chosen)


def _where(values: Whole, chosen: Flags) -> pa.Array:
    return pa.array(values, mask=~chosen)
