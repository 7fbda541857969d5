"""From a decision's facts to what a message may say: the slots of each program, each with its true reason.

Nothing is invented here. What the facts do not carry is not said, and a message whose sense hangs on it is withheld.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from personalization.content.inert import SHORT_TITLE_LENGTH, display_title, shorten
from personalization.content.lines import Line, fill
from personalization.content.links import safe_url
from personalization.content.wording import Tongue, ago_text, day_text, number_text, price_text, span_text
from personalization.journey import NEXT_STEPS
from personalization.settings import Shop

MOST_ITEMS = 4  # design: one to four product blocks
FALLBACK_TYPE = "unknown"
_STEP_LANGUAGES = ("en", "de")  # in which the journey words the next step
FEWEST_PURCHASES = 2  # below, "on 1 occasions" would be no rhythm and no grammar; the personal basis starts at three
_OBSERVED = ("personal", "product", "category")

_COMMON = {
    "first_name": "text?",
    "title": "text",
    "short_title": "text",
    "items": "items",
    "support_url": "url",
    "unsubscribe_url": "url",
}
_SHOPPING = {**_COMMON, "reason": "text", "button_url": "url", "has_product_link": "flag"}
_NO_GOODS = {"first_name": "text?", "support_url": "url", "unsubscribe_url": "url"}
# A message about an order that went wrong cannot be unsubscribed from, so it carries no link for that.
_SERVICE = {
    "first_name": "text?",
    "items": "items",
    "more": "text?",
    "order_name": "text?",
    "ordered_on": "text",
    "earliest": "text?",
    "latest": "text?",
    "next_step": "text",
    "button_url": "url",
    "support_url": "url",
}
SLOTS: dict[str, dict[str, str]] = {
    "onboarding": {**_COMMON, "delivered_on": "text"},
    "replenishment": _SHOPPING,
    "cross_sell": {**_SHOPPING, "because_title": "text", "short_because": "text"},
    "win_back": {**_SHOPPING, "arrived_ago": "text"},
    "loyalty": {**_NO_GOODS, "button_url": "url", "points": "text?", "expire_on": "text?", "orders": "text?"},
    "exchange_follow_up": {**_COMMON, "delivered_on": "text"},
    "claim_follow_up": {**_NO_GOODS, "ordered_on": "text", "resolved_on": "text", "order_name": "text?"},
    "delay_notice": {**_SERVICE, "promised_on": "text?", "last_news_on": "text?"},
    "partial_delivery": {**_SERVICE, "arrived_on": "text"},
    "not_received_help": {**_SERVICE, "claimed_on": "text", "delivered_on": "text?"},
}
"""The slots that a template of each program may use, with their type; a ``?`` marks one that may be null."""

ITEM_FIELDS = ("sku", "title", "price", "image_url", "url", "reason")

_ORDER = (
    "customers.first_name customers.locale products.title products.image_url products.url facts.order_name "
    "facts.ordered_on facts.items facts.state facts.page facts.earliest_on facts.latest_on"
)
_PERSON = ("customers.first_name", "customers.locale")
_CATALOGUE = "customers.first_name customers.locale products.title products.image_url products.url facts.sku"
FIELDS: dict[str, tuple[str, ...]] = {
    "onboarding": tuple(f"{_CATALOGUE} facts.product_type facts.delivered_on".split()),
    "replenishment": tuple(
        f"{_CATALOGUE} products.price_cents facts.basis facts.purchases facts.last_bought_on facts.usual_gap_days "
        "facts.gap_low_days facts.gap_high_days facts.interval_days".split()
    ),
    "cross_sell": tuple(
        f"{_CATALOGUE} products.price_cents facts.items.sku facts.items.because_title facts.items.support".split()
    ),
    "win_back": tuple(
        f"{_CATALOGUE} products.price_cents facts.items.sku facts.items.purchases facts.items.last_bought_on "
        "facts.delivered_on".split()
    ),
    "loyalty": (*_PERSON, "facts.occasion", "facts.points", "facts.points_expire_on", "facts.orders_reached"),
    "exchange_follow_up": tuple(f"{_CATALOGUE} facts.delivered_on".split()),
    "claim_follow_up": (*_PERSON, "facts.ordered_on", "facts.order_name", "facts.resolved_on"),
    "delay_notice": tuple(f"{_ORDER} facts.delay facts.promised_on facts.last_news_on".split()),
    "partial_delivery": tuple(f"{_ORDER} facts.rest facts.delivered_on".split()),
    "not_received_help": tuple(f"{_ORDER} facts.claimed_on facts.delivered_on facts.is_marked_delivered".split()),
}
"""The fields that a template of each program may name as used."""

_RHYTHM = frozenset({"interval"})
_PAIR = frozenset({"because_title", "support"})
_PIECES = frozenset({"qty"})
REASONS: dict[str, dict[str, frozenset[str]]] = {
    "onboarding": {"delivered": frozenset({"delivered_on"})},
    "replenishment": {
        "personal": _RHYTHM | {"days_ago"},
        "personal_irregular": frozenset({"days_ago", "purchases"}),
        "product": _RHYTHM,
        "product_irregular": frozenset(),
        "category": _RHYTHM,
        "category_irregular": frozenset(),
        "authored": _RHYTHM,
    },
    "cross_sell": {"co_purchase": _PAIR, "co_purchase_one": _PAIR, "popularity": frozenset()},
    "win_back": {"favourite": frozenset({"purchases"}), "bought_once": frozenset({"days_ago"})},
    "loyalty": {},
    "exchange_follow_up": {"delivered": frozenset({"delivered_on"})},
    "claim_follow_up": {},
    "delay_notice": {"ordered": _PIECES, "arrived": _PIECES, "missing": _PIECES},
    "partial_delivery": {"arrived": _PIECES, "missing": _PIECES},
    "not_received_help": {"ordered": _PIECES},
}
"""The reasons that the copy of each program must word, with the slots that each may use."""

FIXED_VARIANTS: dict[str, tuple[str, ...]] = {
    "onboarding": (FALLBACK_TYPE,),
    "replenishment": ("one", "several"),
    "cross_sell": ("pairs", "popular"),
    "win_back": ("favourites",),
    "loyalty": ("points", "milestone"),
    "exchange_follow_up": ("replaced",),
    "claim_follow_up": ("resolved",),
    "delay_notice": ("late", "stuck", "not_shipped"),
    "partial_delivery": ("on_its_way", "not_shipped"),
    "not_received_help": ("marked_delivered", "looking"),
}
"""The variants that every shop must have a template for; onboarding has further ones, by product type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One decision to send, as far as its wording needs it.

    merged are the facts of the decisions that were merged into it. sent_on is the day of sending in the shop's time
    zone.
    """

    facts: Mapping[str, Any]
    merged: tuple[Mapping[str, Any], ...]
    tongue: Tongue
    sent_on: date


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


Item = dict[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What a customer should do next, in words, and where that leads (R12).

    own holds the shop's own words by state, in *language*; pages the addresses by page.
    """

    own: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    pages: Mapping[str, str] = field(default_factory=dict)
    support_url: str = ""

    def step(self, state: str, *, language: str) -> str | None:
        """Return the next step of an order's state in *language*; None where nobody wrote it in that language."""
        if state in self.own and language == self.language:
            return self.own[state]
        return getattr(NEXT_STEPS.get(state), language, None) if language in _STEP_LANGUAGES else None

    def url(self, page: str | None) -> str:
        """Return the address of a page, that of the support page where it has none."""
        return self.pages.get(page or "", self.support_url)


def guide_of(shop: Shop) -> Guide:
    """Return the shop's guide to next steps."""
    return Guide(
        own=shop.next_steps,
        language=shop.locale.partition("_")[0],
        pages={str(page): url for page, url in shop.pages.items()},
        support_url=shop.brand.support_url,
    )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an item is shown: the key of the wording in the copy, and its values."""

    key: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a message will say, before its words: the items with their reasons, and the program's own slots."""

    variant: str
    items: tuple[tuple[Item, Reason], ...]
    slots: Mapping[str, object]
    left_out: int = 0


def draft(program: str, case: Case, shelf: Shelf) -> Draft | str:
    """Return what the message of *program* will say, or the reason why it must be withheld."""
    return DRAFTS[program](case, shelf)


def word(outline: Draft, reasons: Mapping[str, Line], *, site_url: str) -> dict[str, object]:
    """Return the slots of a message, with the reasons in the words of its copy."""
    items = [{**item, "reason": fill(reasons[reason.key], reason.values)} for item, reason in outline.items]
    if not items:
        return {"items": items, **outline.slots}
    first = items[0]
    title = str(first["title"])
    return {
        "title": title,
        "short_title": shorten(title, length=SHORT_TITLE_LENGTH),
        "reason": first["reason"],
        "items": items,
        "button_url": first["url"] or site_url,
        "has_product_link": first["url"] is not None,
        **outline.slots,
    }


def _onboarding(case: Case, shelf: Shelf) -> Draft | str:
    facts = case.facts
    item = shelf.item(str(facts.get("sku")), locale=case.tongue.locale)
    if isinstance(item, str):
        return item
    if not facts.get("delivered_on"):
        return "no_delivery_date"
    delivered_on = day_text(_day(facts["delivered_on"]), locale=case.tongue.locale)
    return Draft(
        variant=str(facts.get("product_type") or FALLBACK_TYPE),
        items=(({**item, "price": None}, Reason(key="delivered", values={"delivered_on": delivered_on})),),
        slots={"delivered_on": delivered_on},
    )


def _replenishment(case: Case, shelf: Shelf) -> Draft | str:
    found = [
        (shelf.offer(str(facts.get("sku")), locale=case.tongue.locale), _rhythm(facts, case)) for facts in _due(case)
    ]
    items = tuple((item, reason) for item, reason in found if not isinstance(item, str) and reason is not None)
    if not items:
        problem = found[0][0]
        return problem if isinstance(problem, str) else "no_reason"
    variant = "one" if len(items) == 1 else "several"
    return Draft(variant=variant, items=items, slots={}, left_out=len(found) - len(items))


def _due(case: Case) -> list[Mapping[str, Any]]:
    """Return the facts of the reminder and of those merged into it, in the order in which the decision names them."""
    if not case.merged:
        return [case.facts]
    named = [one.get("sku") for one in case.facts.get("also") or []]
    merged = sorted(case.merged, key=lambda one: named.index(one.get("sku")) if one.get("sku") in named else len(named))
    return [case.facts, *merged][:MOST_ITEMS]


def _rhythm(facts: Mapping[str, Any], case: Case) -> Reason | None:
    """Return why a product may be needed again, in figures that were observed or that the shop wrote down itself.

    interval_days, the model's plan, is never told as what somebody does; on the authored basis it is no model but the
    shop's days of supply for the units last bought.
    """
    locale, basis = case.tongue.locale, facts.get("basis")
    if basis == "authored":
        supply = facts.get("interval_days")
        return None if supply is None else Reason(key=basis, values={"interval": span_text(supply, locale=locale)})
    if basis not in _OBSERVED:
        return None
    values = {}
    if basis == "personal":
        if not facts.get("last_bought_on"):
            return None
        values["days_ago"] = ago_text((case.sent_on - _day(facts["last_bought_on"])).days, locale=locale)
    if is_regular(facts):
        return Reason(key=basis, values={**values, "interval": span_text(facts["usual_gap_days"], locale=locale)})
    if basis == "personal":
        if int(facts.get("purchases") or 0) < FEWEST_PURCHASES:
            return None
        values["purchases"] = str(facts["purchases"])
    return Reason(key=f"{basis}_irregular", values=values)


def is_regular(facts: Mapping[str, Any]) -> bool:
    """Return whether the observed gaps are alike enough for "usually" to be true of their median.

    Our choice: the middle half of the gaps, from the 25 % to the 75 % bound, is not wider than the median.
    """
    usual, low, high = (facts.get(name) for name in ("usual_gap_days", "gap_low_days", "gap_high_days"))
    return usual is not None and low is not None and high is not None and high - low <= usual


def _cross_sell(case: Case, shelf: Shelf) -> Draft | str:
    wanted = case.facts.get("items") or []
    found = [(shelf.offer(str(one.get("sku")), locale=case.tongue.locale), _pair(one)) for one in wanted[:MOST_ITEMS]]
    items = [(item, reason) for item, reason in found if not isinstance(item, str)]
    if not items:
        problem = found[0][0] if found else "no_items"
        return problem if isinstance(problem, str) else "no_items"
    # The heading of "pairs" speaks of what was bought: an item that follows from a purchase has to lead.
    items.sort(key=lambda pair: pair[1].key == "popularity")
    because = items[0][1].values.get("because_title")
    slots = {"because_title": because, "short_because": shorten(because, length=SHORT_TITLE_LENGTH)} if because else {}
    return Draft(
        variant="pairs" if because else "popular", items=tuple(items), slots=slots, left_out=len(found) - len(items)
    )


def _pair(facts: Mapping[str, Any]) -> Reason:
    support = int(facts.get("support") or 0)
    because = display_title(str(facts.get("because_title") or ""))
    if not because or support < 1:
        return Reason(key="popularity", values={})
    key = "co_purchase_one" if support == 1 else "co_purchase"
    return Reason(key=key, values={"because_title": because, "support": str(support)})


def _win_back(case: Case, shelf: Shelf) -> Draft | str:
    facts, locale = case.facts, case.tongue.locale
    if not facts.get("delivered_on"):
        return "no_delivery_date"
    wanted = facts.get("items") or []
    found = [(shelf.offer(str(one.get("sku")), locale=locale), _favourite(one, case)) for one in wanted[:MOST_ITEMS]]
    items = tuple((item, reason) for item, reason in found if not isinstance(item, str))
    if not items:
        problem = found[0][0] if found else "no_items"
        return problem if isinstance(problem, str) else "no_items"
    arrived_ago = ago_text((case.sent_on - _day(str(facts["delivered_on"]))).days, locale=locale)
    return Draft(
        variant="favourites", items=items, slots={"arrived_ago": arrived_ago}, left_out=len(found) - len(items)
    )


def _favourite(item: Mapping[str, Any], case: Case) -> Reason:
    purchases = int(item.get("purchases") or 0)
    if purchases >= FEWEST_PURCHASES:
        return Reason(key="favourite", values={"purchases": str(purchases)})
    days = (case.sent_on - _day(str(item["last_bought_on"]))).days
    return Reason(key="bought_once", values={"days_ago": ago_text(days, locale=case.tongue.locale)})


def _loyalty(case: Case, shelf: Shelf) -> Draft | str:
    facts = case.facts
    is_milestone = facts.get("occasion") == "milestone"
    points, expire_on = facts.get("points"), _day_or_none(case, "points_expire_on")
    if is_milestone and not facts.get("orders_reached"):
        return "no_reason"
    if not is_milestone and not (points and expire_on):
        return "no_reason"
    slots = {
        "points": number_text(points, locale=case.tongue.locale) if points and not is_milestone else None,
        "expire_on": expire_on,
        "orders": str(facts["orders_reached"]) if is_milestone else None,
        "button_url": shelf.site_url,
    }
    return Draft(variant="milestone" if is_milestone else "points", items=(), slots=slots)


def _exchange_follow_up(case: Case, shelf: Shelf) -> Draft | str:
    item = shelf.item(str(case.facts.get("sku")), locale=case.tongue.locale)
    if isinstance(item, str):
        return item
    delivered_on = _day_or_none(case, "delivered_on")
    if not delivered_on:
        return "no_delivery_date"
    reason = Reason(key="delivered", values={"delivered_on": delivered_on})
    return Draft(variant="replaced", items=(({**item, "price": None}, reason),), slots={"delivered_on": delivered_on})


def _claim_follow_up(case: Case, _: Shelf) -> Draft | str:
    told = {name: _day_or_none(case, name) for name in ("ordered_on", "resolved_on")}
    if not all(told.values()):
        return "no_order_date"
    name = display_title(str(case.facts.get("order_name") or "")) or None
    return Draft(variant="resolved", items=(), slots={**told, "order_name": name})


def _delay_notice(case: Case, shelf: Shelf) -> Draft | str:
    delay = str(case.facts.get("delay"))
    told = {name: _day_or_none(case, name) for name in ("promised_on", "last_news_on")}
    if delay == "late" and not told["promised_on"]:
        return "no_delivery_date"
    return _about_order("delay_notice", case, shelf, variant=delay, slots=told)


def _partial_delivery(case: Case, shelf: Shelf) -> Draft | str:
    arrived_on = _day_or_none(case, "delivered_on")
    if not arrived_on:
        return "no_delivery_date"
    return _about_order(
        "partial_delivery", case, shelf, variant=str(case.facts.get("rest")), slots={"arrived_on": arrived_on}
    )


def _not_received_help(case: Case, shelf: Shelf) -> Draft | str:
    told = {name: _day_or_none(case, name) for name in ("claimed_on", "delivered_on")}
    variant = "marked_delivered" if case.facts.get("is_marked_delivered") and told["delivered_on"] else "looking"
    return _about_order("not_received_help", case, shelf, variant=variant, slots=told)


def _about_order(
    program: str, case: Case, shelf: Shelf, *, variant: str, slots: Mapping[str, str | None]
) -> Draft | str:
    """Return what a message about an order that went wrong says: what it holds, and the one next step.

    It is needed even where the catalogue does not know the goods: then it names the order alone.
    """
    facts, locale = case.facts, case.tongue.locale
    step = shelf.guide.step(str(facts.get("state")), language=case.tongue.language)
    if step is None:
        return "no_next_step"
    if not facts.get("ordered_on"):
        return "no_order_date"
    wanted = facts.get("items") or []
    is_in_parts = "missing" in REASONS[program] and any(one.get("is_delivered") for one in wanted)
    keys = ("arrived", "missing") if is_in_parts or "ordered" not in REASONS[program] else ("ordered", "ordered")
    found = [(shelf.item(str(one.get("sku")), locale=locale), _piece(one, keys)) for one in wanted]
    known = [({**item, "price": None}, reason) for item, reason in found if not isinstance(item, str)]
    shown = tuple(known[:MOST_ITEMS])
    more = len(wanted) - len(shown)
    return Draft(
        variant=variant,
        items=shown,
        slots={
            "more": str(more) if more and shown else None,
            "order_name": display_title(str(facts.get("order_name") or "")) or None,
            "ordered_on": _day_or_none(case, "ordered_on"),
            "earliest": _day_or_none(case, "earliest_on"),
            "latest": _day_or_none(case, "latest_on"),
            "next_step": step,
            "button_url": shelf.guide.url(facts.get("page")),
            **slots,
        },
        left_out=len(wanted) - len(known),
    )


def _piece(item: Mapping[str, Any], keys: tuple[str, str]) -> Reason:
    """Return how a line is told: the first key for one that has arrived, the second for one that has not."""
    return Reason(key=keys[0 if item.get("is_delivered") else 1], values={"qty": str(item.get("qty") or 1)})


def _day_or_none(case: Case, name: str) -> str | None:
    text = case.facts.get(name)
    return day_text(_day(str(text)), locale=case.tongue.locale) if text else None


@lru_cache(maxsize=10_000)
def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


DRAFTS: dict[str, Callable[[Case, Shelf], Draft | str]] = {
    "onboarding": _onboarding,
    "replenishment": _replenishment,
    "cross_sell": _cross_sell,
    "win_back": _win_back,
    "loyalty": _loyalty,
    "exchange_follow_up": _exchange_follow_up,
    "claim_follow_up": _claim_follow_up,
    "delay_notice": _delay_notice,
    "partial_delivery": _partial_delivery,
    "not_received_help": _not_received_help,
}
"""What each program says, by program."""
