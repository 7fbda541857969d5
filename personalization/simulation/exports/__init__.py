"""Writes a simulated world as the systems' own exports: one module a system, which gives what the shop would download.

A writer takes the folder of canonical tables and an empty folder, and writes the files of its system there.
"""

from collections.abc import Callable
from pathlib import Path

from personalization.errors import WrongUse
from personalization.simulation.exports import (
    aftership,
    easypost,
    gorgias,
    klaviyo,
    loop,
    shopify,
    woocommerce,
    zendesk,
)

Writer = Callable[[Path, Path], None]

EXPORTS: dict[str, Writer] = {
    "aftership": aftership.write,
    "easypost": easypost.write,
    "gorgias": gorgias.write,
    "klaviyo": klaviyo.write,
    "loop": loop.write,
    "shopify": shopify.write,
    "woocommerce": woocommerce.write,
    "zendesk": zendesk.write,
}


def systems_named(text: str) -> tuple[str, ...]:
    """Return the systems in a comma-separated text, each once, or raise WrongUse for one that is not known."""
    names = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in EXPORTS:
            allowed = ", ".join(sorted(EXPORTS)) or "none yet"
            raise WrongUse(f"--as {name}: unknown system '{name}'; allowed: {allowed}")
    return names


def write_exports(data: Path, systems: tuple[str, ...]) -> None:
    """Write the exports of the systems into ``exports/<system>`` of the data folder."""
    for name in systems:
        out = data / "exports" / name
        out.mkdir(parents=True)
        EXPORTS[name](data, out)
