"""The pages that a recipient sees, in German and English. They name no person and tell nothing about the link."""

from dataclasses import dataclass
from html import escape

from personalization.settings import Shop

LANGUAGES = ("en", "de")

STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --line: #d0d0d0; }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f0f0; --paper: #16181b; --line: #45484d; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2.5rem 1.25rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.55 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding-top: 1.5rem; border-top: 1px solid var(--line); }
.shop { max-width: 34rem; margin: 0 auto 1rem; font-weight: 600; overflow-wrap: anywhere; }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1.25rem; }
a { color: inherit; }
button { min-height: 2.75rem; padding: .5rem 1.25rem; border: 0; border-radius: .375rem; background: var(--ink);
  color: var(--paper); font: inherit; font-weight: 600; cursor: pointer; }
button:focus-visible, a:focus-visible { outline: 3px solid currentColor; outline-offset: 3px; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One page's heading and sentences; {shop} is its name. button is None where there is nothing to do."""

    title: str
    says: tuple[str, ...]
    button: str | None = None


ASK, DONE, TEST, UNKNOWN, UNSIGNED, LATER = "ask", "done", "test", "unknown", "unsigned", "later"

_HELP = {"en": "Contact {shop}", "de": "{shop} erreichen"}
_WORDS: dict[str, dict[str, Words]] = {
    ASK: {
        "en": Words(
            title="Do you want to unsubscribe?",
            says=(
                "{shop} will then send you no more offers, recommendations and tips by email.",
                "If something goes wrong with an order, we still write to you about it.",
            ),
            button="Unsubscribe",
        ),
        "de": Words(
            title="Möchten Sie sich abmelden?",
            says=(
                "{shop} schickt Ihnen dann keine Angebote, Empfehlungen und Tipps mehr per E-Mail.",
                "Wenn mit einer Bestellung etwas nicht stimmt, schreiben wir Ihnen weiterhin.",
            ),
            button="Abmelden",
        ),
    },
    DONE: {
        "en": Words(
            title="You are unsubscribed",
            says=(
                "{shop} sends you no more offers, recommendations and tips by email.",
                "A message that is already on its way may still arrive.",
            ),
        ),
        "de": Words(
            title="Sie sind abgemeldet",
            says=(
                "{shop} schickt Ihnen keine Angebote, Empfehlungen und Tipps mehr per E-Mail.",
                "Eine Nachricht, die schon unterwegs ist, kann noch ankommen.",
            ),
        ),
    },
    TEST: {
        "en": Words(
            title="The link works",
            says=("It stands in a test message, so nobody was unsubscribed.",),
        ),
        "de": Words(
            title="Der Link funktioniert",
            says=("Er steht in einer Testnachricht, darum wurde niemand abgemeldet.",),
        ),
    },
    UNKNOWN: {
        "en": Words(
            title="You could not be unsubscribed here",
            says=("We do not find the message that this link belongs to. Please tell us, and we will do it by hand.",),
        ),
        "de": Words(
            title="Die Abmeldung ging hier nicht",
            says=("Wir finden die Nachricht zu diesem Link nicht. Bitte sagen Sie es uns, dann melden wir Sie ab.",),
        ),
    },
    UNSIGNED: {
        "en": Words(
            title="This link does not work",
            says=("Perhaps a part of it is missing. Please open it from the email again, or write to us.",),
        ),
        "de": Words(
            title="Dieser Link funktioniert nicht",
            says=(
                "Vielleicht fehlt ein Teil davon.",
                "Bitte öffnen Sie ihn noch einmal aus der E-Mail, oder schreiben Sie uns.",
            ),
        ),
    },
    LATER: {
        "en": Words(
            title="This does not work just now",
            says=("Please try again in a few minutes.",),
            button="Try again",
        ),
        "de": Words(
            title="Das geht gerade nicht",
            says=("Bitte versuchen Sie es in einigen Minuten noch einmal.",),
            button="Noch einmal versuchen",
        ),
    },
}


def render_page(kind: str, *, language: str, shop: Shop) -> str:
    """Return the page of *kind* in *language*, one of LANGUAGES."""
    words = _WORDS[kind][language]
    name = escape(shop.name)
    says = "".join(f"<p>{escape(line).replace('{shop}', name)}</p>" for line in words.says)
    # Without an action the form goes to the page's own address, whose query names the message.
    button = (
        '<form method="post"><button type="submit" name="List-Unsubscribe" value="One-Click">'
        f"{words.button}</button></form>"
    )
    support = f'<p><a href="{escape(shop.brand.support_url)}">{_HELP[language].replace("{shop}", name)}</a></p>'
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{words.title} – {name}</title><style>{STYLE}</style></head>"
        f'<body><p class="shop">{name}</p><main><h1>{words.title}</h1>{says}'
        f"{button if words.button else support}</main></body></html>"
    )


def chosen_language(asked: str, accepted: str) -> str:
    """Return the page's language: *asked* for by the link, else the best of an Accept-Language header, else English."""
    if asked in LANGUAGES:
        return asked
    weighed = []
    for place, part in enumerate(accepted.split(",")[:20]):
        tag, _, quality = part.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        weighed.append((-weight, place, tag.strip().lower().partition("-")[0]))
    return next((tag for weight, _, tag in sorted(weighed) if tag in LANGUAGES and weight < 0), LANGUAGES[0])
