"""The catalogue as messages may show it: titles, prices and links made ready once per product and locale."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from personalization.content.guide import Guide
from personalization.content.inert import display_title
from personalization.content.links import safe_url
from personalization.content.wording import price_text

ITEM_FIELDS = ("sku", "title", "price", "image_url", "url", "reason")
Item = dict[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What the catalogue says of one sku; price_cents in minor units of currency."""

    title: str | None = None
    price_cents: int | None = None
    currency: str | None = None
    image_url: str | None = None
    url: str | None = None
    is_in_stock: bool | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The catalogue as it may be shown: every title, price and link made ready once per locale."""

    products: Mapping[str, Product]
    currency: str
    site_url: str
    hosts: frozenset[str]
    guide: Guide = field(default_factory=Guide)
    shown: dict[tuple[str, str], Item | str] = field(default_factory=dict)

    def item(self, sku: str, *, locale: str) -> Item | str:
        """Return the product as an item without its reason, or why it cannot be shown."""
        key = (sku, locale)
        if key not in self.shown:
            self.shown[key] = self._item(sku, locale=locale)
        return self.shown[key]

    def _item(self, sku: str, *, locale: str) -> Item | str:
        product = self.products.get(sku)
        if product is None:
            return "product_missing"
        title = display_title(product.title or "")
        if not title:
            return "no_title"
        return {
            "sku": sku,
            "title": title,
            "price": price_text(product.price_cents, currency=product.currency or self.currency, locale=locale),
            "image_url": safe_url(product.image_url, site_url=self.site_url, hosts=self.hosts),
            "url": safe_url(product.url, site_url=self.site_url, hosts=self.hosts),
        }

    def offer(self, sku: str, *, locale: str) -> Item | str:
        """Return the product as something to buy, or why it cannot be offered: nobody is sent to an empty shelf."""
        product = self.products.get(sku)
        if product is not None and product.is_in_stock is False:
            return "out_of_stock"
        if product is not None and product.status in {"discontinued", "draft"}:
            return "not_for_sale"
        return self.item(sku, locale=locale)
