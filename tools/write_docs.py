"""Writes the pages under docs/ that are generated from the code (`make docs`)."""

from collections.abc import Callable
from pathlib import Path

from personalization.audiences import field_reference, reason_reference
from personalization.readiness.reference import check_reference
from personalization.sources.reference import data_folder_reference

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES: dict[str, Callable[[], str]] = {
    "data-folder.md": data_folder_reference,
    "readiness-checks.md": check_reference,
    "reasons.md": reason_reference,
    "segment-fields.md": field_reference,
}


def main() -> None:
    """Write every generated page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
