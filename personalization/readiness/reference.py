"""Writes ``docs/readiness-checks.md`` from the checks themselves."""

from personalization.readiness.checks import CHECKS, Bound, Check, Direction, Measure, Unit
from personalization.readiness.words import figure

_FAMILIES = {
    "data": "Data",
    "tracking": "Tracking",
    "returns": "Returns",
    "support": "Support",
    "claims": "Claims",
    "messaging": "Messages",
    "process": "The work behind it",
}
_HEAD = """# The readiness checks

Written from the code; `make docs` writes it anew.

A program runs only when every check in its `requires` is open. A check passes, warns or holds by the end of its 95 %
interval that is worse for the customer, and holds too where there are too few observations or no table. A gate
closes at once and opens after three clean nights in a row. `[thresholds.<check>]` in `shop.toml` overrides `pass` and
`hold`. What no program requires is watched: it is told, and holds nothing. A carrier, region or category that fails by
itself holds only its own orders ([who is to blame](adr/0011-who-is-to-blame.md)).

`postlude readiness` prints them; `postlude readiness --nights 60` says when each gate would have closed and opened. How
soon they see a fault, and whom they hold for nothing, is measured: [how well it does](readiness.md).
"""


def check_reference() -> str:
    """Return ``docs/readiness-checks.md``: every check by family, with its thresholds and where they come from."""
    parts = [_HEAD]
    for family, title in _FAMILIES.items():
        parts.append(f"\n## {title}\n\n| check | means | passes | holds | at least | by itself | needs | source |")
        parts.append("|---|---|---|---|---|---|---|---|")
        parts.extend(_row(check) for check in CHECKS.values() if check.family == family)
    return "\n".join(parts) + "\n"


def _row(check: Check) -> str:
    cells = (
        f"`{check.name}`",
        check.meaning,
        _limit(check, "pass"),
        _limit(check, "hold"),
        "–" if check.measure in (Measure.FEED, Measure.FAULTS) else f"{check.minimum_observations:,}",
        ", ".join(check.scopes) or "–",
        ", ".join(check.needs),
        check.source,
    )
    return f"| {' | '.join(cells)} |"


def _limit(check: Check, name: str) -> str:
    value = check.limits[name]
    if check.measure is Measure.FAULTS:
        return "no fault" if name == "pass" else f"over {value:g}"
    told = f"{value:g} × usual" if check.unit is Unit.TIMES_BASELINE else figure(check, value)
    is_higher_better = check.direction is Direction.HIGHER_IS_BETTER
    if name == "pass":
        return f"from {told}" if is_higher_better else f"up to {told}"
    if (is_higher_better and value == 0) or (check.unit is Unit.SHARE and value == 1):
        return "never"
    beyond = f"{'under' if is_higher_better else 'over'} {told}"
    return f"surely {beyond}" if check.decides is Bound.BETTER else beyond
