"""`snp what-if`: one's own past, played again under another policy or with more places."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.text import Text

from domain.community import Formed
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
from services.simulator.adding import Added, NotAddable, added_in, commune_of, with_more
from services.simulator.cast import Day
from services.simulator.comparing import FIGURES, Difference, Gone, difference, over_days
from services.simulator.history import draw
from services.simulator.lived import Lived, lived_days
from services.simulator.policies import Dispatch, Earliest, Policy
from services.simulator.simulating import play

MOST_DAYS = 92
_LABELS = {
    "served": ("served", "%", True),
    "within_two_hours": ("of those due within 2 h", "%", True),
    "delay_minutes": ("call to visit, median", "min", False),
    "distance_km": ("patient's way, mean", "km", False),
    "handed_back": ("without a place, a day", "", False),
    "loss": ("loss a request", "", False),
    "inequality": ("inequality (Gini)", "", False),
}
"""What each figure is called, its unit, and whether more is better."""


_COLUMNS = ["", "as it went", "played again", "what if", "difference, 95 %"]


class Asked:
    """What is to be otherwise."""

    def __init__(self, policy: str, fairness: float | None, added: Sequence[Added]) -> None:
        self.policy = policy
        self.fairness = fairness
        self.added = added

    @property
    def as_today(self) -> bool:
        """Whether it is decided as it is today."""
        return self.policy == DISPATCH and self.fairness is None

    @property
    def said(self) -> str:
        """In a few words."""
        more = sum(one.places for one in self.added)
        parts = [
            self.policy if self.policy != DISPATCH else "",
            f"fairness {self.fairness:g}" if self.fairness is not None else "",
            f"{more} more place{'s' if more > 1 else ''} a week" if more else "",
        ]
        return ", ".join(part for part in parts if part) or "nothing otherwise"


def tell_what_if(
    finess: str,
    first: date,
    last: date,
    policy: str,
    fairness: float | None,
    add_slots: Path | None,
    html: Path | None,
    state: Path | None,
    *,
    as_json: bool,
) -> None:
    """The days as they went, as they are played today, and as they would have gone."""
    if policy not in {EARLIEST, DISPATCH}:
        raise Told(f"--policy {policy}: there are {EARLIEST}, {DISPATCH}", code="usage", status=2)
    if not FIRST_YEAR <= first.year <= last.year <= LAST_YEAR:
        msg = f"--from and --to: from {FIRST_YEAR} to {LAST_YEAR}"
        raise Told(msg, code="usage", status=2)
    if last < first:
        raise Told("--to is before --from", code="usage", status=2)
    if (last - first).days >= MOST_DAYS:
        raise Told(f"--from and --to: {MOST_DAYS} days at most", code="usage", status=2)
    if html is not None and not html.parent.is_dir():
        raise Told(f"{html.parent}: no such folder", code="unwritable_file", status=2)
    try:
        asked = Asked(policy, fairness, added_in(add_slots) if add_slots else [])
        went, played, what_if = _all(finess, first, last, asked, state)
    except NotAddable as wrong:
        raise Told(str(wrong), code="no_places", status=2) from wrong
    except OSError as fault:
        msg = f"{fault.filename}: {fault.strerror}"
        raise Told(msg, code="unreadable_file", status=2) from fault
    if not went:
        msg = f"nobody called in {finess} from {first} to {last}"
        raise Told(msg, code="nothing_found")
    found = {
        name: (
            over_days(figure, went),
            over_days(figure, played),
            over_days(figure, what_if),
            difference(figure, played, what_if),
        )
        for name, figure in FIGURES.items()
    }
    rows = [
        [
            label,
            *(_said(value, unit) for value in found[name][:3]),
            _change(found[name][3], better_up),
        ]
        for name, (label, unit, better_up) in _LABELS.items()
    ]
    if html is not None:
        _write_page(html, f"{finess}: what if {asked.said}", rows, played, what_if)
    if as_json:
        say(_as_json(finess, asked, went, found) | ({"html": str(html)} if html else {}))
        return
    requests = sum(len(one.day.callers) for one in went)
    console.print(
        f"[bold]{finess}[/bold] · {first} to {last}: days {len(went)}, requests {requests}"
    )
    console.print(f"what if: {asked.said}", style="dim")
    show_table(_COLUMNS, rows)
    if html is not None:
        console.print(f"chart: {html}", style="dim")


def _all(
    finess: str, first: date, last: date, asked: Asked, state: Path | None
) -> tuple[list[Gone], list[Gone], list[Gone]]:
    """As it went, played again, and otherwise."""

    async def read(session: Session) -> tuple[Formed, list[Lived], Mapping[date, PastDay]]:
        formed = await formed_as(session, finess)
        zone = ZoneInfo(formed.zone)
        lived = await lived_days(session.pool, finess, first, last, zone)
        since = first - timedelta(days=DAYS)
        past = await past_between(session.pool, finess, since, last, zone)
        return formed, lived, past

    formed, lived, past = in_session(state, read)
    for more in asked.added:
        commune_of(more, formed.communes)
    played, what_if = [], []
    bar, move = progress("playing the days again")
    with bar:
        for nth, one in enumerate(lived, 1):
            again = Dispatch(draw(one.day, past), _every(), formed.weights)
            played.append(Gone(one.day, play(one.day, again)))
            day = with_more(one.day, asked.added, formed.communes)
            if day == one.day and asked.as_today:
                what_if.append(played[-1])
            else:
                what_if.append(Gone(day, play(day, _policy(asked, day, past, formed))))
            move(nth, len(lived))
    return [Gone(one.day, one.outcome) for one in lived], played, what_if


def _policy(asked: Asked, day: Day, past: Mapping[date, PastDay], formed: Formed) -> Policy:
    if asked.policy == EARLIEST:
        return Earliest()
    weights = formed.weights
    if asked.fairness is not None:
        weights = weights.model_copy(update={"fairness": asked.fairness})
    return Dispatch(draw(day, past), _every(), weights)


def _every() -> timedelta:
    return timedelta(seconds=Settings().look_ahead_seconds)


def _said(value: float | None, unit: str) -> str:
    if value is None:
        return NOTHING
    return f"{value:.2f}" if not unit else f"{value:.1f} {unit}"


def _change(change: Difference, better_up: bool) -> str:  # noqa: FBT001 one of a table
    if change.mean is None:
        return NOTHING
    if change.low is None or change.high is None:
        return f"{change.mean:+.2f} [dim](one day)[/dim]"
    said = f"{change.mean:+.2f} ({change.low:+.2f} to {change.high:+.2f})"
    if change.low <= 0 <= change.high:
        return f"[dim]{said}[/dim]"  # it may be chance
    return f"[green]{said}[/green]" if (change.mean > 0) == better_up else f"[red]{said}[/red]"


def _as_json(
    finess: str,
    asked: Asked,
    went: Sequence[Gone],
    found: Mapping[str, tuple[float | None, float | None, float | None, Difference]],
) -> dict[str, Any]:
    return {
        "community": finess,
        "days": [gone.day.opens.date() for gone in went],
        "requests": sum(len(one.day.callers) for one in went),
        "what_if": asked.said,
        "figures": {
            name: {"went": a, "played": b, "what_if": c, "difference": asdict(change)}
            for name, (a, b, c, change) in found.items()
        },
    }


def _write_page(
    file: Path,
    title: str,
    rows: Sequence[Sequence[str]],
    played: Sequence[Gone],
    what_if: Sequence[Gone],
) -> None:
    charts = {
        f"{label}, {unit}" if unit else label: [
            Pair(one.day.opens.date(), FIGURES[name](one), FIGURES[name](other))
            for one, other in zip(played, what_if, strict=True)
        ]
        for name, (label, unit, _) in _LABELS.items()
    }
    plain = [[Text.from_markup(cell).plain for cell in row] for row in (_COLUMNS, *rows)]
    made = page(title, ("played again", "what if"), plain, charts)
    file.write_text(made, encoding="utf-8")
