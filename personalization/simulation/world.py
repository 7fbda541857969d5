"""Builds the simulated world out of the purchases: one table for each thing that happens."""

from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.simulation import parcels, people, support
from personalization.simulation.chance import Whole, quantile, uniform
from personalization.simulation.frames import (
    below,
    build,
    dates,
    instants,
    keep,
    key_column,
    select,
    sql,
    whole_column,
    words,
)
from personalization.simulation.moments import at_hour, day_of, working_day
from personalization.simulation.parameters import Parameters


def build_world(connection: duckdb.DuckDBPyConnection, *, seed: int, until: datetime, parameters: Parameters) -> None:
    """Build what the SQL of the written tables reads: parcels, known_scans, asked, people, return_courses and more."""
    orders = select(connection, "orders_in")
    zone = _zones(orders)
    household = key_column(orders, "household_key")
    region = people.regions_of(household, seed=seed, parameters=parameters)
    _plan_orders(connection, orders, seed=seed, parameters=parameters)
    build(connection, "credited_lines")
    second = below(parameters.second_parcel_share)
    connection.execute(
        f"CREATE TABLE packed_lines AS {sql('packed_lines')}", {"seed": str(seed), "second_parcel": second}
    )
    found = select(connection, "parcels_in")
    order_no = whole_column(found, "order_no")
    placed_at = whole_column(orders, "placed_at")
    course = parcels.build_parcels(
        key_column(found, "parcel_key"),
        placed_at=placed_at[order_no],
        number=whole_column(found, "number"),
        zone=zone[order_no],
        region=region[order_no],
        seed=seed,
        parameters=parameters,
    )
    _keep_parcels(
        connection, found, orders, course, zone=zone[order_no], region=region[order_no], parameters=parameters
    )
    build(connection, "void_parcels")
    _keep_scans(connection, parcels.build_scans(course, seed=seed, parameters=parameters), until=until)
    _keep_tickets(connection, found, orders, course, seed=seed, parameters=parameters)
    _keep_people(connection, seed=seed, until=until, parameters=parameters)
    _plan_returns(connection, seed=seed, parameters=parameters)


def _zones(orders: pa.Table) -> Whole:
    """Return the zone of each order; guests and unknown countries count as the United Kingdom."""
    countries = orders["country"].combine_chunks().dictionary_encode()
    names = countries.dictionary.to_pylist()
    zones = [
        parcels.UK if name == "GB" else parcels.EUROPE if name in parcels.EUROPEAN else parcels.WORLD for name in names
    ]
    places = countries.indices.fill_null(len(names)).to_numpy()
    zone_of = np.array([*zones, parcels.UK], dtype=np.int64)
    return zone_of[np.asarray(places, dtype=np.int64)]


def _plan_orders(connection: duckdb.DuckDBPyConnection, orders: pa.Table, *, seed: int, parameters: Parameters) -> None:
    """Build order_plan: when each order leaves, whether in two parcels, and when a newsletter follows it."""
    keys, placed_at = key_column(orders, "order_key"), whole_column(orders, "placed_at")
    planned_on = parcels.planned_dispatch(placed_at, cut_off_hour=parameters.cut_off_hour)
    is_split = uniform(keys, seed=seed, purpose="split") < parameters.split_share
    mailed = uniform(keys, seed=seed, purpose="newsletter") < parameters.newsletter_share
    days = np.floor(quantile(uniform(keys, seed=seed, purpose="newsletter on"), (21, 36))).astype(np.int64)
    newsletter_at = at_hour(working_day(day_of(placed_at) + days, after=0), 10.0)
    plan = orders.select(["order_no", "order_id", "customer_id", "order_key", "placed_at"])
    plan = plan.append_column("handed_over_at", pa.array(at_hour(planned_on, 16.0)))
    plan = plan.append_column("cancelled_at", orders["cancelled_at"])
    plan = plan.append_column(
        "is_split", pa.array(is_split & (whole_column(orders, "lines") >= parameters.split_from_lines))
    )
    plan = plan.append_column("newsletter_at", pa.array(newsletter_at, mask=~mailed))
    keep(connection, "order_plan", plan)


def _keep_parcels(
    connection: duckdb.DuckDBPyConnection,
    found: pa.Table,
    orders: pa.Table,
    course: parcels.Parcels,
    *,
    zone: Whole,
    region: Whole,
    parameters: Parameters,
) -> None:
    order_no = pa.array(whole_column(found, "order_no"))
    regions = [area.name for area in parameters.regions]
    abroad = orders["country"].combine_chunks().take(order_no)
    is_home = pa.array(zone == parcels.UK)
    columns = {
        **{name: found[name] for name in ("parcel_no", "order_no", "number", "order_id", "shipment_id", "parcel_key")},
        "customer_id": orders["customer_id"].combine_chunks().take(order_no),
        "placed_at": instants(whole_column(orders, "placed_at")[whole_column(found, "order_no")]),
        "carrier": words([carrier.name for carrier in parameters.carriers], course.carrier),
        "service": words([lane.service for lane in parcels.lanes_of(parameters)], course.lane),
        "dest_region": pc.if_else(is_home, words(regions, region), abroad),
        "is_tracked": pa.array(course.is_tracked),
        "first_on": dates(working_day(course.dispatched_on, after=1)),
        "promised_by_on": dates(course.promised_on),
        "label_at": instants(course.label_at),
        "handed_over_at": instants(course.handed_over_at),
        "delivered_at": instants(np.where(course.delivered_at == parcels.NEVER, 2**40, course.delivered_at)),
    }
    keep(connection, "parcels", pa.table(columns))


def _keep_scans(connection: duckdb.DuckDBPyConnection, scans: parcels.Scans, *, until: datetime) -> None:
    marks = pa.table(
        {"mark": range(len(parcels.STATUSES)), "status": parcels.STATUSES, "raw_status": parcels.RAW_STATUSES}
    )
    keep(connection, "marks", marks)
    columns = ("parcel", "course", "mark", "occurred_at", "received_at")
    keep(connection, "scans", pa.table({name: pa.array(getattr(scans, name)) for name in columns}))
    build(connection, "known_scans", until=until)
    connection.execute("DROP TABLE scans")


def _keep_tickets(
    connection: duckdb.DuckDBPyConnection,
    found: pa.Table,
    orders: pa.Table,
    course: parcels.Parcels,
    *,
    seed: int,
    parameters: Parameters,
) -> None:
    """Build asked: the tickets about parcels and about orders; an order counts as delivered with its first parcel."""
    order_no, number = whole_column(found, "order_no"), whole_column(found, "number")
    delivered_at = np.full(orders.num_rows, parcels.NEVER)
    np.minimum.at(delivered_at, order_no, course.delivered_at)
    about_parcels = support.parcel_tickets(course, seed=seed, parameters=parameters)
    about_orders = support.order_tickets(
        key_column(orders, "order_key"),
        placed_at=whole_column(orders, "placed_at"),
        delivered_at=delivered_at,
        seed=seed,
        parameters=parameters,
    )
    batches = [
        _asked(
            about_parcels,
            order_no=order_no[about_parcels.owner],
            number=number[about_parcels.owner],
            parameters=parameters,
        ),
        *(
            _asked(batch, order_no=batch.owner, number=np.ones(len(batch.owner), np.int64), parameters=parameters)
            for batch in about_orders
        ),
    ]
    keep(connection, "asked", pa.concat_tables(batches))


def _asked(tickets: support.Tickets, *, order_no: Whole, number: Whole, parameters: Parameters) -> pa.Table:
    return pa.table(
        {
            "order_no": pa.array(order_no),
            "number": pa.array(number),
            "reason_no": pa.array(tickets.reason),
            "reason": words(support.reasons_of(parameters), tickets.reason),
            "channel": words(support.CHANNELS, tickets.channel),
            "created_at": instants(tickets.created_at),
            "first_reply_at": instants(tickets.first_reply_at),
            "resolved_at": instants(tickets.resolved_at),
            "minutes": pa.array(tickets.minutes),
            "score": pa.array(tickets.score),
            "is_answered": pa.array(tickets.is_answered),
            "is_spam": pa.array(tickets.is_spam),
        }
    )


def _keep_people(connection: duckdb.DuckDBPyConnection, *, seed: int, until: datetime, parameters: Parameters) -> None:
    found = select(connection, "people_in", until=until)
    known = people.build_people(
        key_column(found, "customer_key"),
        first_order_at=whole_column(found, "first_order_at"),
        seed=seed,
        parameters=parameters,
    )
    columns = {
        "customer_id": found["customer_id"],
        "first_name": words(parameters.first_names, known.first_name),
        "region": words([region.name for region in parameters.regions], known.region),
        "consent_status": words(people.CONSENT_STATUSES, known.consent),
        "consent_method": words(people.CONSENT_METHODS, known.consent),
        "consent_at": instants(known.captured_at),
        "has_left": pa.array(known.consent == people.LEFT),
        "left_at": instants(known.left_at),
        "suppression_reason": words(people.SUPPRESSION_REASONS, known.suppression),
        "suppressed_at": instants(known.suppressed_at),
    }
    keep(connection, "people", pa.table(columns))
    connection.execute(f"CREATE TABLE customers_out AS {sql('customers')}", {"until": until})


def _plan_returns(connection: duckdb.DuckDBPyConnection, *, seed: int, parameters: Parameters) -> None:
    found = connection.sql("SELECT return_id, md5_number_lower(return_id) AS return_key FROM returns").to_arrow_table()
    draws = uniform(key_column(found, "return_key"), seed=seed, purpose="return lead")
    leads = np.floor(quantile(draws, parameters.return_lead_days) * 86_400).astype(np.int64)
    keep(connection, "return_leads", pa.table({"return_id": found["return_id"], "lead_seconds": pa.array(leads)}))
    build(connection, "return_courses", soonest_seconds=int(parameters.return_after_days * 86_400))
