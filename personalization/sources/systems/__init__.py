"""The systems that Postlude can import from, one file each: its vocabulary, its mapping and its quirks."""

from personalization.sources.importing.adapter import System
from personalization.sources.systems import aftership, gorgias, shopify, woocommerce, zendesk

SYSTEMS: dict[str, System] = {
    "aftership": aftership.SYSTEM,
    "gorgias": gorgias.SYSTEM,
    "shopify": shopify.SYSTEM,
    "woocommerce": woocommerce.SYSTEM,
    "zendesk": zendesk.SYSTEM,
}
