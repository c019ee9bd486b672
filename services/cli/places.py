"""`snp availability`: places now or at a past instant, free ones by hour or all that there are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from rich.markup import escape

from events.codes import Label, Mode, Profession, Source
from projections.availability import DIMENSIONS, STATES, Which, projection
from projections.indicators.values import value_name
from services.cli.errors import Told
from services.cli.freshness import with_what_was_just_told
from services.cli.look import Communities, communities_of
from services.cli.options import instant_or_position, one_of
from services.cli.session import Session, console, in_session, progress, say, show_table
from services.cli.words import HERE
from services.reports.places import Looked, Places, places

_MANY = "A place seen by two labels or in two modes is in both rows."


class _HalfDay(StrEnum):
    MORNING = "AM"
    AFTERNOON = "PM"


@dataclass(frozen=True)
class Filters:
    """Which places are meant, as it was written."""

    community: str | None
    rpps: str | None
    profession: str | None
    specialty: str | None
    mode: str | None
    label: str | None
    commune: str | None
    half_day: str | None
    source: str | None

    def meant(self) -> Which:
        """Codes that exist, whatever their case. Raises Told."""
        return Which(
            community=self.community,
            rpps=self.rpps,
            profession=one_of(Profession, self.profession, "--profession"),
            specialty=self.specialty,
            mode=one_of(Mode, self.mode, "--mode"),
            label=one_of(Label, self.label, "--label"),
            commune=self.commune,
            half_day=one_of(_HalfDay, self.half_day, "--half-day"),
            source=one_of(Source, self.source, "--source"),
        )


def show_places(
    which: Which, by: str | None, days: int, at: str | None, state: Path | None, *, as_json: bool
) -> None:
    """On the screen, or as JSON."""
    if by is not None and (by := by.replace("-", "_")) not in DIMENSIONS:
        raise Told(f"--by {by}: there are {', '.join(DIMENSIONS)}", code="usage", status=2)

    async def work(session: Session) -> tuple[Places, Communities]:
        communities = await communities_of(session, which.community)
        looked = await _looked(session, which, by, days, at)
        if at is None:
            await with_what_was_just_told(session, projection)
        if not (looked.past or looked.position is not None):
            return await places(session.pool, session.settings, looked), communities
        bar, move = progress("Reading the log")
        with bar:
            return await places(session.pool, session.settings, looked, move), communities

    found, communities = in_session(state, work)
    if as_json:
        say(
            {
                "at": found.at,
                "position": found.position,
                "places": found.places,
                "silent": found.silent,
                "consents": found.consents,
            }
        )
        return
    if at is not None:
        console.print(
            f"As it was on {found.at.astimezone(HERE):%d %b %Y %H:%M:%S},"
            f" position {found.position} of the log.",
            style="dim",
        )
    if not found.places:
        none = "No free place" if by is None else "No place, free or not"
        console.print(f"{none}. Practitioners open some with: snp send slot.json")
    elif by is None:
        _show_hours(found.places, communities)
    else:
        _show_counts(found.places, by, communities)
    _say_silent(found)
    _say_consents(found.consents)


async def _looked(
    session: Session, which: Which, by: str | None, days: int, at: str | None
) -> Looked:
    now = await session.now()
    looked = Looked(which, now, by=by, days=days, own_time=session.sandboxed)
    if at is None:
        return looked
    match instant_or_position(at, HERE):
        case int() as position:
            return replace(looked, position=position)
        case instant:
            # What is to come is known as it is now.
            return replace(looked, at=instant, past=instant < now)


def _show_hours(cells: Sequence[dict[str, Any]], communities: Communities) -> None:
    lines = [
        [
            communities[finess].title,
            *rest,
            "  ".join(f"[dim]{hour}h[/dim] {n}" for hour, n in hours),
        ]
        for (finess, *rest), hours in _by_day(cells).items()
    ]
    columns = ("community", "day", "profession", "mode", "label", "free places by hour")
    show_table(columns, lines, cut={"free places by hour"})
    console.print(_MANY, style="dim")


def _by_day(cells: Sequence[dict[str, Any]]) -> dict[tuple[str, ...], list[tuple[int, int]]]:
    days: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for cell in sorted(cells, key=lambda c: (c["community"], c["hour"])):
        hour: datetime = cell["hour"]
        key = (
            cell["community"],
            hour.strftime("%a %d %b"),
            cell["profession"],
            cell["mode"],
            cell["label"],
        )
        days.setdefault(key, []).append((hour.hour, cell["free"]))
    return days


def _show_counts(rows: Sequence[dict[str, Any]], by: str, communities: Communities) -> None:
    counted = ("offered", *STATES)
    lines = [
        [
            escape(_named(by, row[by], communities)),
            *(_number(row[name]) for name in counted),
            f"[yellow]{row['unsure']}[/yellow]" if row["unsure"] else "",
        ]
        for row in rows
    ]
    show_table([by.replace("_", " "), *counted, "unsure"], lines, cut={by})
    console.print(
        f"{_MANY if by in ('mode', 'label', 'source', 'community') else ''}"
        " Shut: nobody may come to it now. Unsure: free, as a silent source last said.".lstrip(),
        style="dim",
    )


def _number(count: int) -> str:
    return str(count) if count else "[dim]·[/dim]"


def _named(by: str, value: object, communities: Communities) -> str:
    if value is None:
        return "(none)"
    if by == "community" and str(value) in communities:
        return communities[str(value)].title
    if by == "day":
        return f"{value:%a %d %b}"
    name = value_name(by, str(value), "en")
    return name if name == str(value) else f"{value} {name}"


def _say_silent(found: Places) -> None:
    for one in found.silent:
        since = f"{one['heard_at'].astimezone(HERE):%a %d %b %H:%M}"
        console.print(
            f"[yellow]{escape(one['sender'])} has said nothing since {since},"
            f" though it usually does: {one['free']} free places are as it said then.[/yellow]"
        )


def _say_consents(consents: Sequence[dict[str, Any]]) -> None:
    if not consents:
        return
    said = ", ".join(
        f"{value_name('source', one['source'], 'en')} {one['members']}"
        + (f" ({one['paused']} away)" if one["paused"] else "")
        for one in consents
    )
    console.print(f"Members who agree to be sent patients by: {said}.", style="dim")
