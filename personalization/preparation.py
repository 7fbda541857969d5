"""Turns what a shop has into a data folder, makes the demo shop, and simulates a shop of any size."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from personalization import simulation
from personalization.errors import ConfigurationInvalid, WrongUse
from personalization.records import AsOf, naive_utc
from personalization.settings import load_shop
from personalization.simulation.exports import systems_named
from personalization.simulation.simulate import DEFAULT_DAYS, Wish, simulate_onto, simulate_world
from personalization.sources import online_retail
from personalization.sources.importing.adapter import System
from personalization.sources.importing.gathering import gathered
from personalization.sources.importing.importer import Asked, ImportReport, import_files, system_of
from personalization.sources.importing.mapping import read_mapping
from personalization.sources.importing.parting import joined_people, part_people
from personalization.sources.importing.suggesting import suggested_mapping
from personalization.sources.importing.telling import report_content, report_text
from personalization.sources.systems import SYSTEMS
from personalization.sources.systems.generic import GENERIC, system_of_mapping

RETAIL = "online-retail"
DEMO_SEED = 20111120


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """What a user asks to import: whose files, where to, and what is known of them. See importing.importer.Asked."""

    system: str
    files: Sequence[Path]
    out: Path
    exported_at: datetime | None
    product_types: Path | None
    now: datetime | None
    shop_file: Path
    mapping: Path | None = None


def import_export(order: ImportOrder, *, on_step: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Import a system's files into a data folder and return what became of each row, as content and as text."""
    if not order.files and order.system != GENERIC:
        raise WrongUse(f"{order.system}: name the files to import")
    if order.system == RETAIL:
        retail = online_retail.import_online_retail(order.files, order.out, product_types=order.product_types)
        return {"content": asdict(retail), "text": retail.as_text()}
    if order.system == GENERIC:
        return _import_mapped(order, on_step)
    system = system_of(order.system, SYSTEMS, others=(GENERIC, RETAIL))
    if order.mapping is not None:
        raise WrongUse(f"--mapping belongs to the system {GENERIC}; what {system.name} exports is known")
    return _told(import_files(_asked(order, system, order.files), SYSTEMS, on_step=on_step))


def _import_mapped(order: ImportOrder, on_step: Callable[[str], None]) -> dict[str, Any]:
    """Import a shop's own files and queries as a mapping file explains them; a query's rows are as new as now."""
    if order.mapping is None:
        raise WrongUse(f"{GENERIC}: name the mapping with --mapping; --suggest FILE proposes one")
    mapping = read_mapping(order.mapping)
    system = system_of_mapping(mapping)
    with gathered(mapping, system, order.files, out=order.out) as files:
        asked = _asked(order, system, files)
        if not order.files and asked.exported_at is None:
            asked = replace(asked, exported_at=asked.now)
        return _told(import_files(asked, SYSTEMS, on_step=on_step))


def _told(report: ImportReport) -> dict[str, Any]:
    return {"content": report_content(report), "text": report_text(report)}


def suggest_mapping(system: str, files: Sequence[Path], *, shop_file: Path) -> str:
    """Return a proposed mapping file for a shop's own file; raises WrongUse for a system whose exports are known."""
    if system != GENERIC:
        raise WrongUse(f"--suggest belongs to the system {GENERIC}; what {system} exports needs no mapping")
    if len(files) != 1:
        raise WrongUse("--suggest looks at one file; name exactly one")
    shop = load_shop(shop_file) if shop_file.exists() else None
    return suggested_mapping(
        files[0], currency=shop.currency if shop else None, timezone=shop.timezone if shop else None
    )


def _asked(order: ImportOrder, system: System, files: Sequence[Path]) -> Asked:
    settings = load_shop(order.shop_file) if order.shop_file.exists() else None
    return Asked(
        system=system,
        files=files,
        out=order.out,
        now=naive_utc(order.now or datetime.now(UTC)),
        exported_at=naive_utc(order.exported_at) if order.exported_at else None,
        region=settings.region if settings else None,
        currency=settings.currency if settings else "XXX",
        max_bad_share=settings.imports.max_bad_share if settings else 0.02,
    )


def part_customers(one: str, other: str, *, data: Path, shop_file: Path, now: datetime | None) -> str:
    """Keep two customers apart whom the imports took for one, and return what the tables hold now."""
    region = load_shop(shop_file).region if shop_file.exists() else None
    moment = naive_utc(now or datetime.now(UTC))
    return report_text(part_people(one, other, out=data, systems=SYSTEMS, now=moment, region=region))


def list_joined(data: Path) -> list[dict[str, str]]:
    """Return whom the imports took for one and the same person, with the rule that found it."""
    return joined_people(data)


def prepare_demo_shop(*, shop_file: Path, out: Path, purchases: Sequence[Path] = ()) -> str:
    """Write the demo's data folder: real purchases, and from a seed what purchases do not tell.

    purchases are files of Online Retail II; without any it is the sample in ``demo/`` beside the settings.
    """
    shop = load_shop(shop_file)
    if shop.date is None:
        raise ConfigurationInvalid(f"{shop_file}: date: the demo needs a fixed one, such as date = 2011-11-20")
    sample = list(purchases) or sorted((shop.root / "demo").glob("*.parquet"))
    if not sample:
        raise WrongUse(
            f"{shop.root / 'demo'}: the demo's purchases are not there; name the shop.toml of a clone (--shop)"
        )
    imported = online_retail.import_online_retail(sample, out, product_types=shop.root / "demo" / "product_types.csv")
    until = AsOf(run_date=shop.date, timezone=shop.timezone).cutoff
    simulated = simulation.simulate_operations(out, seed=DEMO_SEED, until=until)
    return f"{imported.as_text()}\n\n{simulated.as_text()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldOrder:
    """What a user asks to simulate: how large, where to, whose exports too, and onto which purchases, if onto any.

    days is None where the purchases say how long the world lasts.
    """

    customers: int
    seed: int
    days: int | None
    out: Path
    systems: str
    onto: Path | None


def simulate_shop(order: WorldOrder, *, on_step: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Write a simulated shop's data folder and return what is in it and what to run next, as content and as text."""
    systems = systems_named(order.systems)
    if order.onto is None:
        wish = Wish(
            customers=order.customers,
            seed=order.seed,
            days=DEFAULT_DAYS if order.days is None else order.days,
            out=order.out,
            systems=systems,
        )
        report = simulate_world(wish, on_step=on_step)
    else:
        report = simulate_onto(order.onto, seed=order.seed, out=order.out, days=order.days, systems=systems)
    night, morning = report.last_night.date(), report.last_night + timedelta(days=1, hours=2)
    command = (
        f"postlude nightly --data {shlex.quote(str(order.out))} --date {night.isoformat()} --now {morning.isoformat()}"
    )
    whose = "Everything" if order.onto is None else f"Everything but the purchases of {order.onto}"
    text = f"{report.as_text()}\n\n{whose} in {order.out} is simulated. The last night, at two:\n  {command}"
    return {"content": report.as_content() | {"next": command}, "text": text}
