"""Imports what ``[sources]`` in shop.toml names, as every night does first."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from personalization.errors import ConfigurationInvalid
from personalization.settings import Shop, SourceFiles, suggest
from personalization.sources.importing.adapter import System
from personalization.sources.importing.gathering import gathered
from personalization.sources.importing.importer import Asked, ImportReport, import_together
from personalization.sources.importing.mapping import read_mapping
from personalization.sources.systems.generic import system_of_mapping


def import_configured(shop: Shop, systems: Mapping[str, System], *, out: Path, now: datetime) -> ImportReport:
    """Import the exports of every system that the shop names into the data folder *out*; what came before is skipped.

    A source with a mapping is read as the mapping explains it, its queries included. Raises ConfigurationInvalid for a
    system that is not known, and for a pattern that no file fits: an export that did not come must not pass unnoticed.
    """
    with ExitStack() as stack:
        asked = []
        for name, source in shop.sources.items():
            system, files = _system_and_files(shop.root, name, source, systems, out=out, stack=stack)
            asked.append(
                Asked(
                    system=system,
                    files=files,
                    out=out,
                    now=now,
                    exported_at=None if source.files else now,  # a query's rows are as new as now
                    region=shop.region,
                    currency=shop.currency,
                    max_bad_share=shop.imports.max_bad_share,
                )
            )
        return import_together(asked, systems)


def _system_and_files(
    root: Path, name: str, source: SourceFiles, systems: Mapping[str, System], *, out: Path, stack: ExitStack
) -> tuple[System, list[Path]]:
    files = _files(root, name, source)
    if source.mapping is not None:
        mapping = read_mapping(root / source.mapping)
        system = system_of_mapping(mapping)
        return system, stack.enter_context(gathered(mapping, system, files, out=out))
    if name not in systems:
        raise ConfigurationInvalid(
            f"shop.toml: sources.{name}: unknown system{suggest(name, list(systems))}; any other needs a mapping"
        )
    return systems[name], files


def _files(root: Path, name: str, source: SourceFiles) -> list[Path]:
    """Return the files that the patterns fit, each once, in the order of their names."""
    found: set[Path] = set()
    for pattern in source.files:
        fitting = [path for path in root.glob(pattern) if path.is_file()]
        if not fitting:
            raise ConfigurationInvalid(
                f"shop.toml: sources.{name}.files: no file fits '{pattern}'; put the export there, or mend the pattern"
            )
        found.update(fitting)
    return sorted(found)
