"""The systems that Postlude can import from, one file each: its vocabulary, its mapping and its quirks."""

from personalization.sources.importing.adapter import System
from personalization.sources.systems import aftership, easypost, gorgias, klaviyo, loop, shopify, woocommerce, zendesk

SYSTEMS: dict[str, System] = {
    "aftership": aftership.SYSTEM,
    "easypost": easypost.SYSTEM,
    "gorgias": gorgias.SYSTEM,
    "klaviyo": klaviyo.SYSTEM,
    "loop": loop.SYSTEM,
    "shopify": shopify.SYSTEM,
    "woocommerce": woocommerce.SYSTEM,
    "zendesk": zendesk.SYSTEM,
}
