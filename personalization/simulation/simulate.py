"""Simulates a shop's whole world: purchases, what became of them, and the truth; in parts, joined whole.

The parts are disjoint people, built side by side, each with little memory. A world is built in a folder beside its own
and moved into place, so a reader never sees half of one.
"""

import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from personalization.contracts import REQUIRED_TABLES, TABLES
from personalization.errors import BadInput, WrongUse
from personalization.simulation.chance import Keys
from personalization.simulation.exports import write_exports
from personalization.simulation.joining import join_table, tables_of
from personalization.simulation.marker import MARKER, refuse_real_tables, write_marker
from personalization.simulation.operations import simulate_operations
from personalization.simulation.parameters import DEMO, WORLD
from personalization.simulation.purchase_parameters import PURCHASES
from personalization.simulation.purchases import BEGIN, LONGEST_DAYS, set_stage, write_purchases
from personalization.simulation.report import WorldReport, measure_world
from personalization.simulation.truth import write_truth
from personalization.store.files import replace_folder, restore_folder

PART_PEOPLE = 40_000  # with their parcels and mail they fit well into the memory that two processes may use
MOST_CUSTOMERS = 10_000_000
DEFAULT_DAYS = 730
_COPIED = (  # what counts as purchases in a folder that the world is simulated onto
    *("customers", "products", "orders", "order_lines", "returns", "return_lines", "refunds"),
    *("browsing_events", "loyalty", "inventory", "preferences", "coupons"),
)
_BESIDE = frozenset({"truth", "exports", MARKER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What world is asked for; systems are those whose exports are written too.

    part_people bounds the people of a part; the world is the same whatever it is.
    """

    customers: int
    seed: int
    days: int
    out: Path
    systems: tuple[str, ...] = ()
    part_people: int = PART_PEOPLE
    processes: int = 2

    @property
    def until(self) -> datetime:
        """Return the world's end as a naive UTC instant."""
        return BEGIN + timedelta(days=self.days)


def simulate_world(wish: Wish, *, on_step: Callable[[str], None] = lambda _: None) -> WorldReport:
    """Write the world that is wished for as a data folder, replacing only one that was simulated before.

    on_step is told what is being done. Raises WrongUse for numbers that cannot be, and BadInput when there is something
    else in the folder.
    """
    _check_numbers(wish)
    with _built_aside(wish.out) as (built, parts_folder):
        numbers = set_stage(seed=wish.seed, until=wish.until, parameters=PURCHASES).numbers(wish.customers)
        pieces = np.array_split(numbers, max(-(-len(numbers) // wish.part_people), 1))
        parts = [parts_folder / f"{place:05d}" for place in range(len(pieces))]
        with _side_by_side(wish.processes if len(parts) > 1 else 1) as run:
            make = partial(_make_part, seed=wish.seed, until=wish.until)
            for place, _ in enumerate(run(make, zip(parts, pieces, strict=True)), start=1):
                on_step(f"part {place} of {len(parts)}")
            names = tables_of(parts[0])
            on_step(f"joining {len(names)} tables")
            rows = dict(zip(names, run(partial(join_table, parts=parts, out=built), names), strict=True))
        write_marker(
            built,
            tables=[name for name in names if name in TABLES],
            seed=wish.seed,
            until=wish.until,
            parameters={"operations": asdict(WORLD), "purchases": asdict(PURCHASES)},
        )
        write_exports(built, wish.systems)
        report = measure_world(built, rows=rows, until=wish.until)
    return replace(report, data=wish.out)


def simulate_onto(
    purchases: Path, *, seed: int, out: Path, days: int | None = None, systems: tuple[str, ...] = ()
) -> WorldReport:
    """Write a data folder with the purchases of another one and simulated operations.

    The world ends *days* after the first order's day began, or with the day of the last order. Raises BadInput when the
    folder *purchases* has none as Parquet.
    """
    given, target = purchases.resolve(), out.resolve()
    if given.is_relative_to(target) or target.is_relative_to(given):
        raise WrongUse(f"--out {out}: would replace the purchases, or lie among them; name another folder")
    until = _end_of(purchases, days=days)
    with _built_aside(out) as (built, _):
        for name in _COPIED:
            if (purchases / f"{name}.parquet").exists():
                shutil.copyfile(purchases / f"{name}.parquet", built / f"{name}.parquet")
        simulate_operations(built, seed=seed, until=until, parameters=DEMO)
        write_truth(built, seed=seed, until=until)
        marker = json.loads((built / MARKER).read_text(encoding="utf-8"))
        marker["parameters"]["onto"] = True
        write_marker(built, tables=marker["tables"], seed=seed, until=until, parameters=marker["parameters"])
        write_exports(built, systems)
        rows = {name: pq.read_metadata(built / f"{name}.parquet").num_rows for name in tables_of(built)}
        report = measure_world(built, rows=rows, until=until)
    return replace(report, data=out)


def _check_numbers(wish: Wish) -> None:
    bounds = {"customers": (wish.customers, MOST_CUSTOMERS), "days": (wish.days, LONGEST_DAYS)}
    for name, (given, most) in bounds.items():
        if not 1 <= given <= most:
            raise WrongUse(f"--{name} {given}: must be from 1 to {most:,}")
    if wish.seed < 0:
        raise WrongUse(f"--seed {wish.seed}: must be 0 or more")


def _end_of(purchases: Path, *, days: int | None) -> datetime:
    """Return where the world of given purchases ends: a midnight, in UTC."""
    missing = [name for name in REQUIRED_TABLES if not (purchases / f"{name}.parquet").exists()]
    if missing:
        raise BadInput(f"{purchases}: no {missing[0]}.parquet; the simulation needs purchases, so import some first")
    try:
        bounds = pc.min_max(pq.read_table(purchases / "orders.parquet", columns=["placed_at"])["placed_at"])
        first, last = bounds["min"].as_py(), bounds["max"].as_py()
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{purchases / 'orders.parquet'}: its column placed_at cannot be read") from error
    if not isinstance(first, datetime):
        raise BadInput(f"{purchases / 'orders.parquet'}: no order with a time; the simulation needs purchases")
    if days is not None and days < 1:
        raise WrongUse(f"--days {days}: must be 1 or more")
    day = last + timedelta(days=1) if days is None else first + timedelta(days=days)
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - canonical instants are naive UTC


@contextmanager
def _built_aside(out: Path) -> Iterator[tuple[Path, Path]]:
    """Yield an empty folder that takes the place of *out* when all went well, and one for what it is made of."""
    restore_folder(out)
    _require_replaceable(out)
    aside = out.with_name(f".{out.name}.simulating")
    shutil.rmtree(aside, ignore_errors=True)
    built, parts = aside / "world", aside / "parts"
    try:
        built.mkdir(parents=True)
        yield built, parts
        shutil.rmtree(built / ".spill", ignore_errors=True)
        replace_folder(built, out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _require_replaceable(out: Path) -> None:
    """Raise unless *out* is free, empty, or a world that was simulated and nothing else."""
    if not out.exists():
        return
    if not out.is_dir():
        raise WrongUse(f"--out {out}: is a file; name a folder")
    found = sorted(path.name for path in out.iterdir())
    if not found:
        return
    if MARKER not in found:
        raise BadInput(f"{out}: holds what no simulation wrote, so it is not replaced; name a new folder with --out")
    foreign = [name for name in found if name not in _BESIDE and Path(name).stem not in TABLES]
    if foreign:
        raise BadInput(f"{out / foreign[0]}: not written by a simulation, so the folder is not replaced; move it away")
    if not _is_onto(out / MARKER):
        refuse_real_tables(out, tuple(TABLES))


def _is_onto(marker: Path) -> bool:
    """Return whether the real tables beside the marker are copies."""
    try:
        return bool(json.loads(marker.read_text(encoding="utf-8"))["parameters"].get("onto"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _make_part(piece: tuple[Path, Keys], *, seed: int, until: datetime) -> None:
    """Write the tables of some people of the world into a folder."""
    folder, numbers = piece
    write_purchases(folder, numbers, set_stage(seed=seed, until=until, parameters=PURCHASES))
    simulate_operations(folder, seed=seed, until=until, parameters=WORLD)
    write_truth(folder, seed=seed, until=until)


@contextmanager
def _side_by_side(processes: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """Yield a map whose pieces of work are done in processes of their own, where there may be more than one."""
    if processes == 1:
        yield map
        return
    context = multiprocessing.get_context("spawn")  # a forked process would inherit locks of other threads
    with ProcessPoolExecutor(max_workers=processes, mp_context=context, initializer=_say_nothing) as pool:
        yield pool.map


def _say_nothing() -> None:
    """Close a process's output: DuckDB takes a spawned process for a person's session and draws progress bars there."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.close(silence)
