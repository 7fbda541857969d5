"""The report's pictures as SVG text: no dates of creation, a fixed hash salt, the same bytes for the same figures."""

import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_VERDICT_COLOURS = {"pass": "#2e7d5b", "warn": "#b7791f", "hold": "#b3362b", "insufficient": "#6b6f76"}
_DECISION_COLOURS = {
    "send": "#2e7d5b",
    "holdout": "#3f6fb5",
    "merged": "#7a9cc9",
    "lost_arbitration": "#8f7fb8",
    "deferred": "#b9a7d6",
    "capped": "#b7791f",
    "exception": "#d07f3a",
    "hold": "#b3362b",
    "no_consent": "#8a8f98",
    "suppressed": "#6b6f76",
    "no_data": "#b8bcc2",
    "expired": "#d3d6da",
}
_REASONS_DRAWN = 16
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "postlude",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9aa0a6",
    "text.color": "#5f6670",
    "axes.labelcolor": "#5f6670",
    "xtick.color": "#5f6670",
    "ytick.color": "#5f6670",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """One readiness check: its value with interval, against the threshold that decided."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    threshold: float | None
    verdict: str
    is_share: bool = False


def gauges_svg(gauges: Sequence[Gauge]) -> str:
    """Return a picture with one line a check, each on its own scale: dot, interval, dashed threshold."""
    shown = [gauge for gauge in gauges if gauge.value is not None]
    if not shown:
        return ""
    with _drawing(height=0.62 * len(shown) + 0.2) as figure:
        axes = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
        for axis, gauge in zip(axes, shown, strict=True):
            _draw_gauge(axis, gauge)
        figure.subplots_adjust(left=0.2, right=0.97, hspace=1.1, top=0.96, bottom=0.12)
        return _svg(figure, "Readiness checks against their thresholds")


def _draw_gauge(axis: "Axes", gauge: Gauge) -> None:
    colour = _VERDICT_COLOURS[gauge.verdict]
    value = gauge.value or 0.0
    low, high = gauge.low if gauge.low is not None else value, gauge.high if gauge.high is not None else value
    axis.plot([low, high], [0, 0], color=colour, linewidth=5, alpha=0.35, solid_capstyle="round")
    axis.plot([value], [0], "o", color=colour, markersize=7)
    if gauge.threshold is not None:
        axis.axvline(gauge.threshold, color="#5f6670", linestyle="--", linewidth=1)
    axis.set_yticks([0], [gauge.label])
    axis.set_ylim(-1, 1)
    axis.spines["left"].set_visible(False)
    axis.tick_params(axis="y", length=0)
    axis.locator_params(axis="x", nbins=6)
    if gauge.is_share:
        axis.xaxis.set_major_formatter(lambda share, _: f"{share * 100:.4g} %")
    axis.margins(x=0.15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights:
    """One readiness check over the nights: (night, value, verdict), the oldest first, and tonight's threshold."""

    label: str
    nights: Sequence[tuple[date, float, str]]
    threshold: float | None
    is_share: bool = False


def nights_svg(checks: Sequence[Nights], *, since: date, until: date) -> str:
    """Return a picture with one small chart a check: its value each night, coloured by verdict; dashed: threshold."""
    if not checks:
        return ""
    with _drawing(height=0.85 * len(checks) + 0.4) as figure:
        axes = figure.subplots(len(checks), 1, squeeze=False, sharex=True)[:, 0]
        for axis, check in zip(axes, checks, strict=True):
            days = [night for night, _, _ in check.nights]
            axis.plot(days, [value for _, value, _ in check.nights], color="#9aa0a6", linewidth=1)
            for verdict, colour in _VERDICT_COLOURS.items():
                found = [(night, value) for night, value, said in check.nights if said == verdict]
                axis.plot([night for night, _ in found], [value for _, value in found], "o", color=colour, markersize=3)
            if check.threshold is not None:
                axis.axhline(check.threshold, color="#5f6670", linestyle="--", linewidth=0.8)
            axis.set_ylabel(check.label, rotation=0, ha="right", va="center")
            axis.locator_params(axis="y", nbins=2)
            if check.is_share:
                axis.yaxis.set_major_formatter(lambda share, _: f"{share * 100:.4g} %")
            axis.margins(y=0.25)
        axes[-1].set_xlim(since, until)
        _name_mondays(axes[-1], every=2)
        figure.subplots_adjust(left=0.32, right=0.97, hspace=0.5, top=0.98, bottom=0.5 / (0.85 * len(checks) + 0.4))
        return _svg(figure, "Readiness checks over the last nights")


def funnel_svg(verdicts: Mapping[str, Mapping[str, int]]) -> str:
    """Return stacked bars: for each program, the share of its considered people by verdict."""
    programs = [program for program, counts in verdicts.items() if sum(counts.values())]
    if not programs:
        return ""
    with _drawing(height=0.55 * len(programs) + 1.0) as figure:
        axis = figure.subplots()
        seen: set[str] = set()
        for row, program in enumerate(programs):
            total, left = sum(verdicts[program].values()), 0.0
            for verdict, colour in _DECISION_COLOURS.items():
                share = verdicts[program].get(verdict, 0) / total
                if share:
                    axis.barh(row, share, left=left, color=colour, height=0.6)
                    seen.add(verdict)
                left += share
        labels = [f"{name.replace('_', '-')} ({sum(verdicts[name].values()):,})" for name in programs]
        axis.set_yticks(range(len(programs)), labels)
        axis.invert_yaxis()
        axis.set_xlim(0, 1)
        axis.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        figure.subplots_adjust(left=0.2, right=0.97, bottom=0.36, top=0.97)
        _explain_colours(figure, seen)
        return _svg(figure, "What was decided, by program")


def left_out_svg(rows: Sequence[tuple[str, str, int]]) -> str:
    """Return bars of people by deciding reason, in the verdict's colour; rows are words, verdict and people."""
    if not rows:
        return ""
    shown = rows[:_REASONS_DRAWN]
    with _drawing(height=0.26 * len(shown) + 0.8) as figure:
        axis = figure.subplots()
        for place, (_, verdict, people) in enumerate(shown):
            axis.barh(place, people, color=_DECISION_COLOURS[verdict], height=0.7)
            axis.text(people, place, f" {people:,}", va="center", fontsize=8)
        axis.set_yticks(range(len(shown)), [textwrap.shorten(says, 56, placeholder=" …") for says, _, _ in shown])
        axis.invert_yaxis()
        axis.spines["bottom"].set_visible(False)
        axis.set_xticks([])
        axis.margins(x=0.08)
        height = figure.get_size_inches()[1]
        figure.subplots_adjust(left=0.5, right=0.97, bottom=0.5 / height, top=1 - 0.05 / height)
        _explain_colours(figure, {verdict for _, verdict, _ in shown})
        return _svg(figure, "People left out, by deciding reason")


def days_svg(counts: Mapping[date, int], *, title: str, marked: date | None = None) -> str:
    """Return bars of a count by day; a dashed line marks the run date."""
    if not counts:
        return ""
    with _drawing(height=1.9) as figure:
        axis = figure.subplots()
        days = sorted(counts)
        axis.bar(days, [counts[day] for day in days], color="#3f6fb5", width=0.8)  # type: ignore[arg-type]
        if marked is not None:
            axis.axvline(marked, color="#b3362b", linestyle="--", linewidth=1)  # type: ignore[arg-type]
        _name_mondays(axis, every=max(1, len(days) // 56))
        axis.locator_params(axis="y", nbins=4, integer=True)
        figure.subplots_adjust(left=0.08, right=0.97, bottom=0.16, top=0.95)
        return _svg(figure, title)


@contextmanager
def _drawing(*, height: float) -> Iterator["Figure"]:
    """Yield an empty picture of our style, so many inches high."""
    import matplotlib as mpl  # a second to load, which every command would wait for
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        yield Figure(figsize=(8.2, height))


def _name_mondays(axis: "Axes", *, every: int) -> None:
    """Write the date below every so many Mondays."""
    from matplotlib import dates

    axis.xaxis.set_major_formatter(dates.DateFormatter("%-d %b"))
    axis.xaxis.set_major_locator(dates.WeekdayLocator(byweekday=dates.MO, interval=every))


def _explain_colours(figure: "Figure", verdicts: Set[str]) -> None:
    """Say below the picture which colour is which of the *verdicts*."""
    from matplotlib.patches import Patch

    handles = [
        Patch(color=colour, label=verdict.replace("_", " "))
        for verdict, colour in _DECISION_COLOURS.items()
        if verdict in verdicts
    ]
    figure.legend(handles=handles, loc="lower center", ncols=6, frameon=False, fontsize=8)


def _svg(figure: "Figure", title: str) -> str:
    written = io.StringIO()
    figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Title": title})
    svg = written.getvalue()
    return svg[svg.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
