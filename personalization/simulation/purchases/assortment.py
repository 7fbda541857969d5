"""What the simulated shop sells, as its buyers would write it down; all names are invented.

The categories stand in ``categories.csv``: prices in pounds, how many products, each category's share of its theme's
sales, and how many days a unit lasts where it is used up (our choice, from what such goods say on their packs).
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

THEMES = ("coffee", "skin", "pets", "cleaning", "clothing", "home", "fitness", "baby", "extras", "unsorted")
HOME_THEMES = 8  # the first ones; the others are bought beside them
EXTRAS, UNSORTED = THEMES.index("extras"), THEMES.index("unsorted")
MAKERS = ("Alderwick", "Brightmere", "Corvale", "Dunmoor", "Elmstead", "Fairlow", "Glenhurst", "Harrowby")
STYLES = ("Classic", "Gentle", "Bold", "Everyday", "Meadow", "Harbour", "Nordic", "Garden", "Midnight", "Linden")
RANGES = ("", "Reserve", "Select", "Studio", "Heritage")  # from the second round of styles on
# What a considered thing needs to run: bought together more often than chance.
COMPANIONS = {"GRI": "COF", "BED": "TOY", "LAM": "CAN", "WAT": "PRO", "PRM": "NAP"}
BUNDLES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One category; supply_days is the range over its products, None where nothing is used up.

    is_supply_told is False where the shop never wrote down how long a unit lasts, so that it must be learned. items
    counts the products, each with all its sizes.
    """

    code: str
    name: str
    theme: int
    product_type: str
    title: str
    prices: tuple[int, int]
    items: int
    share: float
    supply_days: tuple[int, int] | None
    is_supply_told: bool
    sizes: tuple[str, ...]
    warranty_days: int | None
    is_returnable: bool
    cost_percent: int


@cache
def categories() -> tuple[Category, ...]:
    """Return the categories in the file's order."""
    with (Path(__file__).parent / "categories.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(_category(row) for row in csv.DictReader(lines))


def _category(row: dict[str, str]) -> Category:
    return Category(
        code=row["code"],
        name=row["name"],
        theme=THEMES.index(row["theme"]),
        product_type=row["product_type"],
        title=row["title"],
        prices=(int(row["price_from"]), int(row["price_to"])),
        items=int(row["items"]),
        share=float(row["share"]),
        supply_days=(int(row["supply_from"]), int(row["supply_to"])) if row["supply_from"] else None,
        is_supply_told=row["is_supply_told"] == "yes",
        sizes=tuple(row["sizes"].split()),
        warranty_days=int(row["warranty_days"]) if row["warranty_days"] else None,
        is_returnable=row["is_returnable"] == "yes",
        cost_percent=int(row["cost_percent"]),
    )
