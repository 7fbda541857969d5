"""Imports what ``[sources]`` in shop.toml names, as every night does first."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from personalization.errors import ConfigurationInvalid
from personalization.settings import Shop, SourceFiles, suggest
from personalization.sources.importing.adapter import System
from personalization.sources.importing.importer import Asked, ImportReport, import_files


def import_configured(shop: Shop, systems: Mapping[str, System], *, out: Path, now: datetime) -> list[ImportReport]:
    """Import the files of every system that the shop names into the data folder *out*; what came before is skipped.

    Raises ConfigurationInvalid for a system that is not known or a pattern that no file fits: an export that did not
    come must not pass unnoticed.
    """
    for name in shop.sources:
        if name not in systems:
            raise ConfigurationInvalid(f"shop.toml: sources.{name}: unknown system{suggest(name, list(systems))}")
    return [
        import_files(
            Asked(
                system=systems[name],
                files=_files(shop.root, name, source),
                out=out,
                now=now,
                region=shop.region,
                currency=shop.currency,
                max_bad_share=shop.imports.max_bad_share,
            ),
            systems,
        )
        for name, source in shop.sources.items()
    ]


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
