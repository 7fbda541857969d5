"""Writes ``truth/response.parquet``: how each customer would respond to a message of each program.

Key: customer_id, program. Probabilities are from 0 to 1 and effects are points of probability, all of an order within
14 days; shares are of messages delivered.
"""

from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa

from personalization.simulation.chance import Keys, Numbers, quantile, uniform
from personalization.simulation.frames import key_column, whole_column
from personalization.simulation.truth.parameters import PROGRAMS, ProgramResponse, ResponseParameters
from personalization.simulation.truth.tables import TRUTH, sql

RESPONSE_FILE = f"{TRUTH}/response.parquet"
_DIGITS = 6  # rounded before writing, so that every machine writes the same


def build_response(
    connection: duckdb.DuckDBPyConnection, *, seed: int, until: datetime, parameters: ResponseParameters
) -> pa.Table:
    """Return the response of every customer to every program; people, bought and consent_spans must be prepared."""
    traits = connection.sql(sql("traits"), params={"until": until}).to_arrow_table()
    keys = key_column(traits, "customer_key")
    common = _common(keys, traits, seed=seed, parameters=parameters)
    parts = []
    for program in PROGRAMS:
        rule: ProgramResponse = getattr(parameters, program)
        gain = quantile(uniform(keys, seed=seed, purpose=f"gain {program}"), rule.well_timed)
        if program == "replenishment":
            gain = gain * _rhythm(traits, parameters)
        effects = {
            "effect_well_timed": gain,
            "effect_ill_timed": gain * rule.ill_timed_share,
            "effect_unwelcome": -parameters.unwelcome_loss * common["baseline"],
        }
        columns = {name: np.round(values, _DIGITS) for name, values in (common | effects).items()}
        parts.append(
            pa.table({"customer_id": traits["customer_id"], "program": [program] * traits.num_rows, **columns})
        )
    by_customer = np.arange(len(PROGRAMS) * traits.num_rows).reshape(len(PROGRAMS), -1).T.ravel()
    return pa.concat_tables(parts).combine_chunks().take(pa.array(by_customer))


def _common(keys: Keys, traits: pa.Table, *, seed: int, parameters: ResponseParameters) -> dict[str, Numbers]:
    """Return the columns that are the same for every program."""

    def drawn(purpose: str, values: tuple[float, ...]) -> Numbers:
        return quantile(uniform(keys, seed=seed, purpose=purpose), values)

    has_asked = np.asarray(traits["has_asked"].to_numpy(), dtype=np.bool_)
    anger = np.where(has_asked, 1.0, parameters.unasked)
    is_machine = uniform(keys, seed=seed, purpose="machine opens") < parameters.machine_share
    interest = uniform(keys, seed=seed, purpose="interest")  # who opens more clicks more
    return {
        "baseline": baseline(
            whole_column(traits, "orders").astype(np.float64),
            days=whole_column(traits, "days").astype(np.float64),
            parameters=parameters,
        ),
        "fatigue": drawn("fatigue", parameters.fatigue),
        "open_share": quantile(interest, parameters.open_share),
        "machine_open_share": is_machine.astype(np.float64),
        "click_share": quantile(interest, parameters.click_share),
        "unsubscribe_share": drawn("unsubscribe", parameters.unsubscribe_share) * anger,
        "complaint_share": drawn("complaint", parameters.complaint_share) * anger,
    }


def baseline(orders: Numbers, *, days: Numbers, parameters: ResponseParameters) -> Numbers:
    """Return the probability of an order within 14 days at an average moment, without any message.

    The first order brought the customer here; those after it, over the days since, are the customer's rate.
    """
    rate = (np.maximum(orders - 1, 0) + parameters.prior_orders) / (days + parameters.prior_days)
    expected = 14 * rate
    return np.minimum(expected / (1 + expected), parameters.baseline_most)


def _rhythm(traits: pa.Table, parameters: ResponseParameters) -> Numbers:
    orders = whole_column(traits, "consumable_orders")
    return np.select([orders == 0, orders == 1], [parameters.no_consumables, 1.0], parameters.own_rhythm)
