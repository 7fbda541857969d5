"""Messages to look at: one page with each message by day, by night, on a telephone and as text, side by side.

It runs nothing: every view is a frame without scripts, and both colour schemes are shown whatever the reader's own is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_DARK = "(prefers-color-scheme: dark)"
_WIDE, _PHONE = 640, 375  # px; of a telephone, our choice: the width most mail programs are designed for


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One message to look at. name says which template, language and example or customer it is."""

    name: str
    subject: str
    preheader: str
    html: str
    text: str
    sms: str | None


def preview_page(views: Sequence[View], *, title: str) -> str:
    """Return the page with all views, an index first where there are several."""
    index = "".join(f'<li><a href="#{_anchor(view)}">{escape(view.name)}</a></li>' for view in views)
    contents = f"<nav><ul>{index}</ul></nav>" if len(views) > 1 else ""
    sections = "".join(_section(view) for view in views)
    return _PAGE.format(title=escape(title), contents=contents, sections=sections)


def _section(view: View) -> str:
    sms = f"<dt>Text message</dt><dd>{escape(view.sms)}</dd>" if view.sms else ""
    by_day, by_night = view.html.replace(_DARK, "not all"), view.html.replace(_DARK, "all")
    frames = "".join(
        f'<figure><figcaption>{caption}</figcaption><iframe sandbox loading="lazy" width="{width}" height="1100" '
        f'title="{caption}: {escape(view.name)}" srcdoc="{escape(page)}"></iframe></figure>'
        for caption, width, page in (
            ("By day", _WIDE, by_day),
            ("By night", _WIDE, by_night),
            ("Telephone", _PHONE, by_day),
        )
    )
    return (
        f'<section id="{_anchor(view)}"><h2>{escape(view.name)}</h2><dl><dt>Subject</dt><dd>{escape(view.subject)}</dd>'
        f"<dt>Preheader</dt><dd>{escape(view.preheader)}</dd>{sms}</dl><div>{frames}"
        f"<figure><figcaption>As text</figcaption><pre>{escape(view.text)}</pre></figure></div></section>"
    )


def _anchor(view: View) -> str:
    return "".join(character if character.isalnum() else "-" for character in view.name)


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; img-src https: http:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 24px; font: 16px/1.5 system-ui, sans-serif; color: #1f2933; background: #fff; }}
nav ul {{ columns: 18em; padding-left: 20px; }}
section {{ margin: 40px 0; border-top: 1px solid #c3cbd2; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0 0 12px; }}
dd {{ margin: 0; }}
dt, figcaption {{ color: #545d66; }}
section > div {{ display: flex; gap: 24px; overflow-x: auto; align-items: flex-start; }}
figure {{ margin: 0; flex: none; }}
iframe {{ border: 1px solid #c3cbd2; }}
pre {{ width: 72ch; white-space: pre-wrap; overflow-wrap: anywhere; }}
pre {{ border: 1px solid #c3cbd2; padding: 12px; margin: 0; }}
</style>
</head>
<body>
<h1>{title}</h1>
{contents}
{sections}
</body>
</html>
"""
