"""The chart of a what-if: one HTML file, with nothing to load."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from statistics import fmean
from typing import NamedTuple

from reportlab.graphics import renderSVG

from services.reports.charts import bars

DAYS_SHOWN = 23  # a working month; with more days, weeks are shown


class Pair(NamedTuple):
    """A day by both."""

    day: date
    played: float | None
    what_if: float | None


def page(
    title: str,
    names: tuple[str, str],
    table: Sequence[Sequence[str]],
    charts: Mapping[str, Sequence[Pair]],
) -> str:
    """The table, its first row of headings, and a chart a figure."""
    head, *rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in table)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    drawn = "".join(f"<figure>{_svg(name, names, p)}</figure>" for name, p in charts.items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>"
        f"<table><thead><tr>{head}</tr></thead>{body}</table><div>{drawn}</div></html>\n"
    )


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;"
    "color:#1c2733}h1{font-size:1.3rem}table{border-collapse:collapse;margin-bottom:1.5rem}"
    "td{padding:.25rem 1rem .25rem 0;text-align:right;white-space:nowrap;"
    "border-bottom:1px solid #e3e7ec}"
    "td:first-child{text-align:left}thead td{font-weight:600}"
    "div{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;flex:1 1 26rem}"
    "svg{width:100%;height:auto}"
)


def _svg(name: str, names: tuple[str, str], pairs: Sequence[Pair]) -> str:
    shown = _by_week(pairs) if len(pairs) > DAYS_SHOWN else [(f"{p.day:%d/%m}", p) for p in pairs]
    series = [
        (names[0], [pair.played for _, pair in shown]),
        (names[1], [pair.what_if for _, pair in shown]),
    ]
    drawing = bars(name, [label for label, _ in shown], series, stacked=False)
    drawn: str = renderSVG.drawToString(drawing)
    return drawn[drawn.index("<svg") :]


def _by_week(pairs: Sequence[Pair]) -> list[tuple[str, Pair]]:
    weeks: dict[str, list[Pair]] = {}
    for pair in pairs:
        weeks.setdefault(f"{pair.day:W%V}", []).append(pair)
    return [
        (week, Pair(days[0].day, _mean(p.played for p in days), _mean(p.what_if for p in days)))
        for week, days in weeks.items()
    ]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
