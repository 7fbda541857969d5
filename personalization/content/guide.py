"""What a customer should do next, in words, and where that leads."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from personalization.journey import NEXT_STEPS
from personalization.settings import Shop

STEP_LANGUAGES = ("en", "de")  # in which the journey words the next step


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
        return getattr(NEXT_STEPS.get(state), language, None) if language in STEP_LANGUAGES else None

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
