"""Turns what a shop has into a data folder, and makes the demo shop."""

from collections.abc import Sequence
from pathlib import Path

from personalization import simulation
from personalization.errors import ConfigurationInvalid
from personalization.records import AsOf
from personalization.settings import load_shop
from personalization.sources import online_retail

DEMO_SEED = 20111120


def import_purchases(*, purchases: Sequence[Path], out: Path, product_types: Path | None) -> str:
    """Import UCI Online Retail II into a data folder and return what became of each line."""
    return online_retail.import_online_retail(purchases, out, product_types=product_types).as_text()


def prepare_demo_shop(*, shop_file: Path, out: Path, purchases: Sequence[Path] = ()) -> str:
    """Write the demo's data folder: real purchases, and from a seed what purchases do not tell.

    purchases are files of Online Retail II; without any it is the sample in ``demo/`` beside the settings.
    """
    shop = load_shop(shop_file)
    if shop.date is None:
        raise ConfigurationInvalid(f"{shop_file}: date: the demo needs a fixed one, such as date = 2011-11-20")
    sample = list(purchases) or sorted((shop.root / "demo").glob("*.parquet"))
    imported = online_retail.import_online_retail(sample, out, product_types=shop.root / "demo" / "product_types.csv")
    until = AsOf(run_date=shop.date, timezone=shop.timezone).cutoff
    simulated = simulation.simulate_operations(out, seed=DEMO_SEED, until=until)
    return f"{imported.as_text()}\n\n{simulated.as_text()}"
