"""Who took part when; and what communities are and account for."""

from datetime import date
from typing import assert_never

from events.community import CommunityFormed
from events.envelope import Recorded
from events.practitioner import PractitionerEnrolled, PractitionerLeft
from events.reporting import (
    CommunityFiguresReported,
    CommunityJournalStruck,
    CommunityJournalWritten,
    CommunityTargetsAgreed,
    ReportedFigure,
)
from projections.indicators.days import day_of
from projections.indicators.requests import zone_of
from projections.indicators.tables import communities, contract_years, journal, members, reported
from projections.rows import Place, Rows

_Community = (
    CommunityFormed
    | CommunityTargetsAgreed
    | CommunityFiguresReported
    | CommunityJournalWritten
    | CommunityJournalStruck
)
_COMMUNITY = (
    CommunityFormed,
    CommunityTargetsAgreed,
    CommunityFiguresReported,
    CommunityJournalWritten,
    CommunityJournalStruck,
)
EVENTS = (PractitionerEnrolled, PractitionerLeft, *_COMMUNITY)


def touched(recorded: Recorded) -> list[Place]:
    """Memberships that begin or end, with the communities whose days they are counted in."""
    event = recorded.event
    if isinstance(event, PractitionerEnrolled | PractitionerLeft):
        known: list[Place] = [(communities, finess) for finess in event.communities]
        return known + [(members, f"{event.rpps} {finess}") for finess in event.communities]
    if isinstance(event, CommunityJournalStruck):
        return [(journal, event.entry_id)]
    return []


def apply(rows: Rows, recorded: Recorded) -> None:
    """One event."""
    event = recorded.event
    if isinstance(event, PractitionerEnrolled):
        for finess in event.communities:
            _join(rows, event, finess)
    elif isinstance(event, PractitionerLeft):
        for finess in event.communities:
            _leave(rows, event, finess)
    elif isinstance(event, _COMMUNITY):
        _account(rows, event)


def _join(rows: Rows, event: PractitionerEnrolled, finess: str) -> None:
    key = f"{event.rpps} {finess}"
    row = rows.get(members, key)
    spans: list[list[str | None]] = row["spans"] if row else []
    if not spans or spans[-1][1] is not None:
        today = day_of(event.enrolled_at, zone_of(finess, rows))
        spans = [*spans, [today.isoformat(), None]]
    joined = {"rpps": event.rpps, "community": finess, "profession": event.profession}
    rows.put(members, key, joined | {"setting": event.setting, "spans": spans})


def _leave(rows: Rows, event: PractitionerLeft, finess: str) -> None:
    key = f"{event.rpps} {finess}"
    row = rows.get(members, key)
    assert row is not None, "somebody left who was never there"
    *before, (joined, _) = row["spans"]
    today: date = day_of(event.left_at, zone_of(finess, rows))
    rows.put(members, key, {"spans": [*before, [joined, today.isoformat()]]})


def _account(rows: Rows, event: _Community) -> None:
    match event:
        case CommunityFormed():
            rows.put(
                communities,
                event.finess,
                {
                    "title": event.title,
                    "departement": event.departement,
                    "zone": event.zone,
                    "population": sum(commune.population for commune in event.communes),
                    "communes": {commune.insee: commune.title for commune in event.communes},
                },
            )
        case CommunityTargetsAgreed():
            rows.put(
                contract_years,
                f"{event.finess} {event.year.begins}",
                {
                    "finess": event.finess,
                    "begins": event.year.begins,
                    "ends": event.year.ends,
                    "targets": [target.model_dump(mode="json") for target in event.targets],
                },
            )
        case CommunityFiguresReported():
            for figure in event.figures:
                _report(rows, event.finess, figure)
        case CommunityJournalWritten():
            told = {"finess": event.finess, "day": event.day, "topic": event.topic}
            rows.put(
                journal, event.entry_id, told | {"stands": True, "written_at": event.written_at}
            )
        case CommunityJournalStruck():
            rows.put(journal, event.entry_id, {"stands": False})
        case _:
            assert_never(event)


def _report(rows: Rows, finess: str, figure: ReportedFigure) -> None:
    key = f"{finess} {figure.indicator} {figure.begins} {figure.ends}"
    rows.put(reported, key, {"finess": finess} | figure.model_dump())
