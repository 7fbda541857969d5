"""What happens after messages were sent: who opens, clicks, leaves and orders, and who would have ordered anyway.

Each customer and fortnight has one draw. An order comes if it lies below the probability of one, with the messages or
without, so that both answers are known of every row: the true lift can be told, and an estimate of it be judged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from personalization.errors import BadInput, WrongUse
from personalization.simulation.chance import quantile, uniform
from personalization.simulation.frames import key_column
from personalization.simulation.truth.left_alone import LEFT_ALONE, TABLES_READ
from personalization.simulation.truth.parameters import PROGRAMS, RESPONSE, ResponseParameters
from personalization.simulation.truth.reasons import UNWELCOME
from personalization.simulation.truth.response import RESPONSE_FILE
from personalization.simulation.truth.tables import prepare, reading, sql

_SENT = {"message_id": pa.string(), "customer_id": pa.string(), "program": pa.string(), "sent_at": pa.timestamp("us")}
_MAY_BE_ABSENT = {"is_withheld": pa.bool_(), "sku": pa.string()}
_READ = tuple(name for name in TABLES_READ if name not in ("tickets", "suppressions", "engagement"))
_PREPARED = ("bought", "parcels", "journeys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Responses:
    """What follows from the messages of one call, to be appended to the canonical tables of their names.

    Orders hold those that come anyway too, from everybody who got a message or was withheld one; is_caused says which
    would not have come without (a column of ours beside the contract's). outcomes has a row per message: the timing it
    met (well_timed, ill_timed, unwelcome), the probability of an order with and without it, the fortnight's draw, and
    what would have happened either way.
    """

    outcomes: pa.Table
    engagement: pa.Table
    consents: pa.Table
    orders: pa.Table
    order_lines: pa.Table


def respond(folder: Path, sent: pa.Table, *, seed: int, parameters: ResponseParameters = RESPONSE) -> Responses:
    """Return what follows from messages to the customers of the world in *folder*.

    sent has message_id, customer_id, program, sent_at (naive UTC), is_withheld where some were held out, and the sku
    where one was named. Messages and people drawn together or apart give the same answers, as long as the messages of
    one customer and fortnight come together. Raises WrongUse for messages that the truth says nothing about, BadInput
    for a folder without the truth.
    """
    with _drawn(folder, sent, seed=seed, parameters=parameters) as connection:
        outcomes = _kept(connection, "outcomes")
        engagement = _kept(
            connection,
            "engagement",
            bounce_share=parameters.bounce_share,
            hard_bounce_share=parameters.hard_bounce_share,
        )
        consents = _selected(connection, "consents")
        _kept(connection, "ordered")
        return Responses(
            outcomes=outcomes,
            engagement=engagement,
            consents=consents,
            orders=_selected(connection, "orders"),
            order_lines=_selected(connection, "order_lines"),
        )


def truth_lift(folder: Path, sent: pa.Table, *, seed: int, parameters: ResponseParameters = RESPONSE) -> pa.Table:
    """Return the true effect of each program's messages, exact and not estimated, on orders within 14 days.

    Columns: program, messages, order_share_without, order_share_with, lift (points of probability, the mean over all
    rows of *sent*, withheld ones as if they had been sent).
    """
    with _drawn(folder, sent, seed=seed, parameters=parameters) as connection:
        _kept(connection, "outcomes")
        return connection.sql(
            "SELECT program, count(*) AS messages, avg(probability_without) AS order_share_without, "
            "avg(probability_with) AS order_share_with, avg(probability_with - probability_without) AS lift "
            "FROM outcomes GROUP BY program ORDER BY program"
        ).to_arrow_table()


@contextmanager
def _drawn(
    folder: Path, sent: pa.Table, *, seed: int, parameters: ResponseParameters
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database with the table drawn: each message, what it would do, and the draws that decide."""
    for name in (LEFT_ALONE, RESPONSE_FILE):
        if not (folder / name).exists():
            raise BadInput(f"{folder / name}: no such file; only a simulated world has it, so simulate one")
    messages = _checked(sent)
    with reading(folder, _READ) as connection:
        connection.register("sent", messages)
        # Only those who are written to matter, and everything hangs on their orders.
        connection.execute("ALTER VIEW orders RENAME TO all_orders")
        connection.execute(
            "CREATE VIEW orders AS SELECT * FROM all_orders WHERE customer_id IN (SELECT customer_id FROM sent)"
        )
        prepare(connection, _PREPARED)
        rules = _rules(parameters)
        _kept(connection, "moments", left_alone=str(folder / LEFT_ALONE), unwelcome=list(UNWELCOME), **rules)
        effects = _selected(
            connection,
            "effects",
            response=str(folder / RESPONSE_FILE),
            fatigue_anger=parameters.fatigue_anger,
            unwelcome_anger=parameters.unwelcome_anger,
            ill_timed_anger=parameters.ill_timed_anger,
        )
        if effects.num_rows < messages.num_rows:
            missing = messages.num_rows - effects.num_rows
            raise WrongUse(f"{folder / RESPONSE_FILE}: {missing} of the messages go to customers who are not in it")
        connection.register("drawn", _with_draws(effects, seed=seed, parameters=parameters))
        yield connection


def _checked(sent: pa.Table) -> pa.Table:
    """Return the messages with the columns that the SQL reads; raise WrongUse where they are not what respond takes."""
    missing = [name for name in _SENT if name not in sent.column_names]
    if missing:
        raise WrongUse(f"messages: no column {', '.join(missing)}; respond needs {', '.join(_SENT)}")
    unknown = sorted(set(sent["program"].unique().to_pylist()) - set(PROGRAMS), key=str)
    if unknown:
        raise WrongUse(f"messages: no response to the program {unknown[0]!r} is known; known are {', '.join(PROGRAMS)}")
    if len(sent["message_id"].unique()) != sent.num_rows:
        raise WrongUse("messages: a message_id comes twice; give each message once")
    columns = {name: sent[name].cast(kind) for name, kind in _SENT.items()}
    for name, kind in _MAY_BE_ABSENT.items():
        given = sent[name].cast(kind) if name in sent.column_names else pa.nulls(sent.num_rows, kind)
        columns[name] = given.fill_null(False) if pa.types.is_boolean(kind) else given  # noqa: FBT003 # Arrow's own
    return pa.table(columns)


def _rules(parameters: ResponseParameters) -> dict[str, Any]:
    return {
        "from_share": parameters.replenishment.from_share,
        "until_share": parameters.replenishment.until_share,
        "usual_supply_days": parameters.usual_supply_days,
        "onboarding_from": parameters.onboarding.from_days,
        "onboarding_until": parameters.onboarding.until_days,
        "cross_sell_from": parameters.cross_sell.from_days,
        "cross_sell_until": parameters.cross_sell.until_days,
    }


def _with_draws(effects: pa.Table, *, seed: int, parameters: ResponseParameters) -> pa.Table:
    messages, fortnights = key_column(effects, "message_key"), key_column(effects, "fortnight_key")
    days = quantile(uniform(fortnights, seed=seed, purpose="order after"), parameters.order_days)
    hours = quantile(uniform(messages, seed=seed, purpose="looks after"), (0.1, 1, 4, 12, 60))
    draws = {
        "draw": uniform(fortnights, seed=seed, purpose="order"),
        "pick_draw": uniform(fortnights, seed=seed, purpose="goods"),
        "order_seconds": np.floor(days * 86_400).astype(np.int64),
        "bounce_draw": uniform(messages, seed=seed, purpose="bounce"),
        "look_draw": uniform(messages, seed=seed, purpose="look"),
        "leave_draw": uniform(messages, seed=seed, purpose="leave"),
        "complain_draw": uniform(messages, seed=seed, purpose="complain"),
        "delay_seconds": np.floor(hours * 3600).astype(np.int64),
    }
    for name, values in draws.items():
        effects = effects.append_column(name, pa.array(values))
    return effects


def _selected(connection: duckdb.DuckDBPyConnection, name: str, **parameters: Any) -> pa.Table:
    return connection.sql(sql(f"respond/{name}"), params=parameters or None).to_arrow_table()


def _kept(connection: duckdb.DuckDBPyConnection, name: str, **parameters: Any) -> pa.Table:
    """Return the rows of the SQL file *name*, and keep them for the files that read them."""
    table = _selected(connection, name, **parameters)
    connection.register("engagement_out" if name == "engagement" else name, table)
    return table
