"""`snp what-if`: one's own past, played again under another policy or with more places."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.text import Text

from domain.community import Formed
from events.ladder import Ladder
from events.weights import Weights
from services.cli.agreements import formed_as
from services.cli.errors import Told
from services.cli.options import FIRST_YEAR, LAST_YEAR
from services.cli.session import Session, console, in_session, progress, say, show_table
from services.cli.simulate import DISPATCH, EARLIEST
from services.dispatch.futures import PastDay
from services.dispatch.past import DAYS, past_between
from services.reports.what_if_page import Pair, page
from services.reports.wording import NOTHING
from services.settings import Settings
from services.simulator.adding import Added, NotAddable, added_in, commune_of, seats_on
from services.simulator.climbing import Stretch, climb
from services.simulator.comparing import (
    FIGURES,
    Difference,
    Gone,
    difference,
    gone_days,
    over_days,
)
from services.simulator.history import draw
from services.simulator.lived import Lived, lived_days
from services.simulator.policies import Dispatch, Earliest, Policy

MOST_DAYS = 92
_LABELS = {
    "served": ("served", "%", True),
    "within_two_hours": ("of those due within 2 h", "%", True),
    "delay_minutes": ("call to visit, median", "min", False),
    "distance_km": ("patient's way, mean", "km", False),
    "handed_back": ("without a place, a day", "", False),
    "asked": ("members asked, a day", "", False),
    "loss": ("loss a request", "", False),
    "inequality": ("inequality (Gini)", "", False),
}
"""What each figure is called, its unit, and whether more is better."""


_COLUMNS = ["", "as it went", "played again", "what if", "difference, 95 %"]
_FAIRNESS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Weights tried, the cheapest first, until inequality is what was asked."""


@dataclass(frozen=True)
class Asked:
    """What is to be otherwise."""

    policy: str
    fairness: float | None = None
    inequality_at_most: float | None = None
    ladder: Ladder | None = None
    added: Sequence[Added] = ()

    @property
    def said(self) -> str:
        """In a few words."""
        more = sum(one.places for one in self.added)
        bound = self.inequality_at_most
        parts = [
            self.policy if self.policy != DISPATCH else "",
            f"fairness {self.fairness:g}" if self.fairness is not None else "",
            f"inequality {bound:g} at most" if bound is not None else "",
            f"ladder “{self.ladder.title}”" if self.ladder else "",
            f"{more} more place{'s' if more > 1 else ''} a week" if more else "",
        ]
        return ", ".join(part for part in parts if part) or "nothing otherwise"


@dataclass(frozen=True)
class Tried:
    """What a weight of fairness makes of the days."""

    fairness: float
    days: list[Gone]
    inequality: float | None

    def keeps(self, bound: float) -> bool:
        """Whether inequality is that at most; where nobody was given anything, it is."""
        return self.inequality is None or self.inequality <= bound


@dataclass(frozen=True)
class Found:
    """As it went, as it is played today, and otherwise."""

    went: list[Gone]
    played: list[Gone]
    what_if: list[Gone]
    tried: Sequence[Tried] = ()


def tell_what_if(
    finess: str,
    first: date,
    last: date,
    asked: Asked,
    html: Path | None,
    state: Path | None,
    *,
    as_json: bool,
) -> None:
    """The days as they went, as they are played today, and as they would have gone."""
    _check(first, last, asked)
    if html is not None and not html.parent.is_dir():
        raise Told(f"{html.parent}: no such folder", code="unwritable_file", status=2)
    try:
        found = _play(finess, first, last, asked, state)
    except NotAddable as wrong:
        raise Told(str(wrong), code="no_places", status=2) from wrong
    figures = {
        name: (
            over_days(figure, found.went),
            over_days(figure, found.played),
            over_days(figure, found.what_if),
            difference(figure, found.played, found.what_if),
        )
        for name, figure in FIGURES.items()
    }
    rows = [
        [
            label,
            *(_said(value, unit) for value in figures[name][:3]),
            _change(figures[name][3], better_up),
        ]
        for name, (label, unit, better_up) in _LABELS.items()
    ]
    if html is not None:
        _write_page(html, f"{finess}: what if {asked.said}", rows, found)
    if as_json:
        say(_as_json(finess, asked, found, figures) | ({"html": str(html)} if html else {}))
        return
    requests = sum(len(one.day.callers) for one in found.went)
    days = len(found.went)
    console.print(f"[bold]{finess}[/bold] · {first} to {last}: days {days}, requests {requests}")
    console.print(f"what if: {escape(asked.said)}", style="dim")
    if asked.inequality_at_most is not None:
        _show_tried(found.tried, asked.inequality_at_most, finess)
    show_table(_COLUMNS, rows)
    if html is not None:
        console.print(f"chart: {html}", style="dim")


def added_of(file: Path) -> list[Added]:
    """The places of a file. Raises Told that says what is wrong with it."""
    try:
        return added_in(file)
    except NotAddable as wrong:
        raise Told(str(wrong), code="no_places", status=2) from wrong
    except OSError as fault:
        msg = f"{fault.filename}: {fault.strerror}"
        raise Told(msg, code="unreadable_file", status=2) from fault


def _check(first: date, last: date, asked: Asked) -> None:
    wrong = None
    if asked.policy not in {EARLIEST, DISPATCH}:
        wrong = f"--policy {asked.policy}: there are {EARLIEST}, {DISPATCH}"
    elif not FIRST_YEAR <= first.year <= last.year <= LAST_YEAR:
        wrong = f"--from and --to: from {FIRST_YEAR} to {LAST_YEAR}"
    elif last < first:
        wrong = "--to is before --from"
    elif (last - first).days >= MOST_DAYS:
        wrong = f"--from and --to: {MOST_DAYS} days at most"
    elif asked.fairness is not None and asked.inequality_at_most is not None:
        wrong = "--fairness or --inequality-at-most: the one is looked for by the other"
    elif asked.policy == EARLIEST and (
        asked.fairness is not None or asked.inequality_at_most is not None
    ):
        wrong = f"--policy {EARLIEST} weighs nothing: no --fairness, no --inequality-at-most"
    if wrong:
        raise Told(wrong, code="usage", status=2)


def _play(finess: str, first: date, last: date, asked: Asked, state: Path | None) -> Found:
    async def read(session: Session) -> tuple[Formed, Lived | None, Mapping[date, PastDay]]:
        formed = await formed_as(session, finess)
        zone = ZoneInfo(formed.zone)
        lived = await lived_days(session.pool, finess, first, last, zone)
        since = first - timedelta(days=DAYS)
        past = await past_between(session.pool, finess, since, last, zone)
        return formed, lived, past

    formed, lived, past = in_session(state, read)
    if lived is None:
        msg = f"nobody called in {finess} from {first} to {last}"
        raise Told(msg, code="nothing_found")
    for more in asked.added:
        commune_of(more, formed.communes)
    otherwise = _with_more(lived.stretch, asked.added, formed, last)
    settings = Settings()

    def by(stretch: Stretch, weights: Weights, ladder: Ladder | None, said: str) -> list[Gone]:
        policy: Policy = Earliest()
        if asked.policy == DISPATCH or stretch is lived.stretch:
            every = timedelta(seconds=settings.look_ahead_seconds)
            policy = Dispatch(draw(stretch.whole, past), every, weights)
        bar, move = progress(said)
        with bar:
            outcomes = climb(stretch, policy, settings, ladder, move)
        return gone_days(stretch.days, outcomes)

    def weighing(fairness: float | None, said: str) -> list[Gone]:
        weights = formed.weights
        if fairness is not None:
            weights = weights.model_copy(update={"fairness": fairness})
        return by(otherwise, weights, asked.ladder, said)

    went = gone_days(lived.stretch.days, lived.outcomes)
    again = by(lived.stretch, formed.weights, None, "playing the days again")
    if asked == Asked(DISPATCH):
        return Found(went, again, again)
    bound = asked.inequality_at_most
    if bound is None:
        return Found(went, again, weighing(asked.fairness, "playing them otherwise"))
    tried: list[Tried] = []
    for fairness in _FAIRNESS:
        gone = weighing(fairness, f"fairness {fairness:g}")
        tried.append(Tried(fairness, gone, over_days(FIGURES["inequality"], gone)))
        if tried[-1].keeps(bound):
            break
    best = min(tried, key=lambda one: (not one.keeps(bound), one.inequality or 0.0))
    return Found(went, again, best.days, tried)


def _with_more(stretch: Stretch, added: Sequence[Added], formed: Formed, last: date) -> Stretch:
    """Every day from the first on, and so long after the last as somebody may be seen."""
    if not added:
        return stretch
    whole, zone = stretch.whole, ZoneInfo(formed.zone)
    until = max([last, *(one.due_by.astimezone(zone).date() for one in whole.callers)])
    first = whole.opens.date()
    on = {
        day: seats_on(day, whole.community, added, formed.communes, zone)
        for day in (first + timedelta(days=n) for n in range((until - first).days + 1))
    }
    days = [replace(day, seats=(*day.seats, *on[day.opens.date()])) for day in stretch.days]
    seats = tuple(seat for some in on.values() for seat in some)
    return replace(stretch, days=tuple(days), added=seats)


def _show_tried(tried: Sequence[Tried], bound: float, finess: str) -> None:
    rows = [
        [
            f"{one.fairness:g}",
            *(_said(over_days(FIGURES[name], one.days), _LABELS[name][1]) for name in _COST),
        ]
        for one in tried
    ]
    show_table(["fairness", *(_LABELS[name][0] for name in _COST)], rows)
    if tried[-1].keeps(bound):
        console.print(f"agree to it: snp community weights {finess} --fairness {rows[-1][0]}")
        return
    console.print(f"[yellow]no weight keeps it under {bound:g}[/yellow]; below: the least unequal")


_COST = ("inequality", "served", "loss", "distance_km")


def _said(value: float | None, unit: str) -> str:
    if value is None:
        return NOTHING
    return f"{value:.2f}" if not unit else f"{value:.1f} {unit}"


def _change(change: Difference, better_up: bool) -> str:  # noqa: FBT001 one of a table
    if change.mean is None:
        return NOTHING
    if change.low is None or change.high is None:
        return f"{change.mean:+.2f}"  # of one day, or of all of them together
    said = f"{change.mean:+.2f} ({change.low:+.2f} to {change.high:+.2f})"
    if change.low <= 0 <= change.high:
        return f"[dim]{said}[/dim]"  # it may be chance
    return f"[green]{said}[/green]" if (change.mean > 0) == better_up else f"[red]{said}[/red]"


def _as_json(
    finess: str,
    asked: Asked,
    found: Found,
    figures: Mapping[str, tuple[float | None, float | None, float | None, Difference]],
) -> dict[str, Any]:
    return {
        "community": finess,
        "days": [gone.day.opens.date() for gone in found.went],
        "requests": sum(len(one.day.callers) for one in found.went),
        "what_if": asked.said,
        "figures": {
            name: {"went": a, "played": b, "what_if": c, "difference": asdict(change)}
            for name, (a, b, c, change) in figures.items()
        },
        "tried": [{"fairness": one.fairness, "inequality": one.inequality} for one in found.tried],
    }


def _write_page(
    file: Path,
    title: str,
    rows: Sequence[Sequence[str]],
    found: Found,
) -> None:
    charts = {
        f"{label}, {unit}" if unit else label: [
            Pair(one.day.opens.date(), FIGURES[name](one), FIGURES[name](other))
            for one, other in zip(found.played, found.what_if, strict=True)
        ]
        for name, (label, unit, _) in _LABELS.items()
    }
    plain = [[Text.from_markup(cell).plain for cell in row] for row in (_COLUMNS, *rows)]
    made = page(title, ("played again", "what if"), plain, charts)
    file.write_text(made, encoding="utf-8")
