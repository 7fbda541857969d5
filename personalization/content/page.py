"""Reads a rendered page into what the lint looks at."""

from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser


@dataclass(slots=True)
class Page:
    """What the rules look at in a page."""

    language: str | None = None
    headings: list[tuple[int, str]] = field(default_factory=list)
    pictures: list[dict[str, str | None]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    metas: dict[str, str] = field(default_factory=dict)
    has_hidden_preheader: bool = False


class _Reader(HTMLParser):
    """Reads a page into its Page."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._level = 0
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "html":
            self.page.language = values.get("lang")
        elif tag == "img":
            self.page.pictures.append(values)
        elif tag == "a":
            self.page.links.append(values.get("href") or "")
        elif tag == "meta" and values.get("name"):
            self.page.metas[str(values["name"])] = values.get("content") or ""
        elif tag in {"h1", "h2", "h3"}:
            self._level = int(tag[1])
            self.page.headings.append((self._level, ""))
        elif tag == "div" and (values.get("style") or "").startswith("display:none"):
            self.page.has_hidden_preheader = True
        self._is_style = tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False
        if tag in {"h1", "h2", "h3"}:
            self._level = 0

    def handle_data(self, data: str) -> None:
        if self._is_style:
            return
        self.page.words.append(data)
        if self._level:
            level, words = self.page.headings[-1]
            self.page.headings[-1] = (level, words + data)


@lru_cache(maxsize=512)  # a night tries the same examples twice: before it begins and where it writes
def read_page(html: str) -> Page:
    """Return what the rules look at in *html*; nobody changes it."""
    reader = _Reader()
    reader.feed(html)
    return reader.page
