"""What a practitioner agreed to: shown, and changed in part."""

from datetime import datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from domain import practitioner as practitioners
from domain.practitioner import (
    Enrolled,
    NotEnrolled,
    Paused,
    Practitioner,
    enrolment,
)
from events import streams
from events.roles import Role
from projections import availability, board
from services.cli import words
from services.cli.errors import Told
from services.cli.look import asked
from services.cli.options import zone_named
from services.cli.session import Session, console, in_session, say, show_table
from services.cli.tell import about, show_answer, tell_of
from services.log.reader import Log
from services.messaging.subjects import Kind

_NOBODY = -1  # as an option says "none"


def show_practitioner(rpps: str, state: Path | None, *, as_json: bool) -> None:
    """Everything they said."""

    async def work(session: Session) -> tuple[Practitioner, datetime]:
        return await _known(session, rpps), await session.now()

    known, now = in_session(state, work)
    sheet = _sheet(rpps, known)
    enrolled = _enrolment(rpps, known)
    vacations = [(start, end) for start, end in sorted(enrolled.vacations) if end > now]
    if as_json:
        away = [{"start": start, "end": end} for start, end in vacations]
        say(sheet | {"vacations": away, "on_call_until": enrolled.on_call_until})
        return
    consent = sheet["consent"]
    is_paused = "[yellow]paused[/yellow]" if sheet["paused"] else "[green]takes part[/green]"
    console.print(f"[bold]{rpps}[/bold]  {is_paused}")
    where = words.SETTINGS[sheet["setting"]]
    who = f"{words.PROFESSIONS[sheet['profession']]} ({sheet['profession']})"
    console.print(f"{who}, {where}, in {', '.join(sheet['communities'])}")
    console.print(f"seen by: {', '.join(consent['sources']) or 'nobody'}")
    console.print(f"at most: {_caps(consent)}")
    if consent["in_crisis"]:
        console.print(f"in a crisis at most: {_caps(consent['in_crisis'])}")
    ages = [consent["min_age"], consent["max_age"]]
    if any(age is not None for age in ages):
        low, high = ("any" if age is None else str(age) for age in ages)
        console.print(f"ages: {low} to {high}")
    if consent["excluded_motives"]:
        console.print(f"not for: {', '.join(map(words.motive, consent['excluded_motives']))}")
    if enrolled.channels:
        called = enrolled.roll_called or "never"
        console.print(f"reached by: {', '.join(enrolled.channels)}; roll called: {called}")
    else:
        console.print(f"reached by nothing yet: snp practitioner contacts {rpps} --sms …")
    if consent["overbook"]:
        console.print(f"asked beyond the agenda: {escape(consent['overbook']['place']['title'])}")
    if consent["protocols"]:
        console.print(f"protocols: {', '.join(p['protocol'] for p in consent['protocols'])}")
    if consent["new_patients"]:
        console.print("becomes the treating doctor of who has none")
    for start, end in vacations:
        console.print(f"away: {words.day(start)} to {words.day(end)}")
    if enrolled.is_on_call(now):
        console.print(f"available at once, until {words.clock(enrolled.on_call_until)}")


def change_consent(
    rpps: str, wanted: dict[str, Any], state: Path | None, *, role: Role, as_json: bool
) -> None:
    """What is wanted, and the rest as it was."""

    async def work(session: Session) -> dict[str, Any]:
        consent = _sheet(rpps, await _known(session, rpps))["consent"]
        changes = _changes(wanted, consent)
        if wanted["overbook"]:
            changes["overbook"] = await _overbook(session, rpps, wanted, consent["overbook"])
        change = {"rpps": rpps, "consent": changes}
        return await tell_of(session, Kind.PRACTITIONER_CHANGE, change, role)

    show_answer(in_session(state, work), as_json=as_json)


def not_enrolled_yet(rpps: str, state: Path | None) -> None:
    """Raises Told for who takes part: nothing they agreed to is overwritten by a slip."""

    async def work(session: Session) -> Practitioner:
        return await _known(session, rpps)

    if not isinstance(in_session(state, work), NotEnrolled):
        msg = f"{rpps} takes part already: snp practitioner change, consent, resume"
        raise Told(msg, code="already_enrolled")


def set_paused(rpps: str, state: Path | None, *, paused: bool, role: Role, as_json: bool) -> None:
    """As they are, but for that."""
    data = {"rpps": rpps, "paused": paused}
    about(Kind.PRACTITIONER_CHANGE, data, state, role=role, as_json=as_json)


def show_sought(community: str | None, state: Path | None, *, as_json: bool) -> None:
    """The oldest first."""

    async def work(session: Session) -> list[dict[str, Any]]:
        return await asked(session, board.doctor_sought(community=community))

    found = in_session(state, work)
    if as_json:
        say({"sought": found})
        return
    if not found:
        console.print("Nobody waits for a treating doctor.")
        return
    lines = [
        [
            str(row["request_id"])[:8],
            str(row["community"]),
            str(row["commune"] or ""),
            f"{row['age']}" if row["age"] is not None else "",
            words.day(row["doctor_by"]),
        ]
        for row in found
    ]
    show_table(("request", "community", "commune", "age", "until"), lines)
    console.print("snp doctor take ID RPPS: who takes the patient", style="dim")


async def _overbook(
    session: Session, rpps: str, wanted: dict[str, Any], before: dict[str, Any] | None
) -> dict[str, Any]:
    """Where and how they see patients beyond the agenda: what is not said, as before."""
    said = {name: wanted[name] for name in ("modes", "radius_km") if wanted[name] is not None}
    if wanted["place"]:
        said["place"] = place_of(wanted["place"])
    elif before is None:
        slot = await last_slot(session, rpps)
        said |= {"place": slot["place"], "zone": slot["zone"]}
    if wanted["zone"]:
        said["zone"] = zone_named(wanted["zone"]).key
    return (before or {}) | said


def place_of(text: str) -> dict[str, Any]:
    """`Cabinet de la Gare;58194;46.99;3.16`. Raises Told."""
    try:
        title, commune, lat, lon = text.split(";")
    except ValueError:
        msg = "a place is TITLE;COMMUNE;LAT;LON: 'Cabinet de la Gare;58194;46.99;3.16'"
        raise Told(msg, code="usage", status=2) from None
    return {"title": title, "commune": commune, "position": {"lat": lat, "lon": lon}}


async def last_slot(session: Session, rpps: str) -> dict[str, Any]:
    """Where they published a slot last, and in which zone. Raises Told where they never did."""
    found = await asked(session, availability.of_practitioner(rpps))
    if not found:
        msg = "where? they published no slot yet: say --place TITLE;COMMUNE;LAT;LON"
        raise Told(msg, code="place_missing", status=2)
    slot = found[0]
    position = {"lat": slot["lat"], "lon": slot["lon"]}
    place = {"title": slot["place"], "commune": slot["commune"], "position": position}
    return {"place": place, "zone": slot["zone"]}


async def _known(session: Session, rpps: str) -> Practitioner:
    return await Log(session.pool).state(practitioners.decider, streams.practitioner(rpps))


def _enrolment(rpps: str, known: Practitioner) -> Enrolled:
    if isinstance(known, NotEnrolled):
        msg = f"no practitioner is known as {rpps}: snp practitioner enrol"
        raise Told(msg, code="practitioner_not_enrolled")
    return enrolment(known)


def _sheet(rpps: str, known: Practitioner) -> dict[str, Any]:
    """As a message would say what is so now."""
    enrolled = _enrolment(rpps, known)
    consent = enrolled.consent or practitioners.Consent(sources=())
    plain = {
        name: value.model_dump(mode="json") if hasattr(value, "model_dump") else value
        for name, value in vars(consent).items()
    }
    plain["protocols"] = [one.model_dump(mode="json") for one in consent.protocols]
    return {
        "rpps": rpps,
        "profession": enrolled.profession,
        "communities": list(enrolled.communities),
        "setting": enrolled.setting,
        "specialty": enrolled.specialty,
        "consent": plain,
        "paused": isinstance(known, Paused),
    }


def _caps(caps: dict[str, Any]) -> str:
    told = [f"{caps[name]} {of}" for name, of in _CAPS.items() if caps[name] is not None]
    return ", ".join(told) or "no cap"


_CAPS = {"weekly_cap": "patients of other doctors a week", "daily_cap": "patients a day"}


def _changes(wanted: dict[str, Any], consent: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name in ("weekly_cap", "daily_cap", "min_age", "max_age"):
        if (value := wanted[name]) is not None:
            changes[name] = None if value == _NOBODY else value
    for name in ("sources", "excluded_motives", "new_patients"):
        if wanted[name] is not None:
            changes[name] = wanted[name]
    if wanted["protocols"] is not None:
        pairs = [one.partition(":") for one in wanted["protocols"] if one]
        changes["protocols"] = [{"protocol": code.upper(), "by": by} for code, _, by in pairs]
    weekly, daily = wanted["in_crisis"]
    if weekly is not None or daily is not None:
        before = consent["in_crisis"] or {
            name: consent[name] for name in ("weekly_cap", "daily_cap")
        }
        given = {"weekly_cap": weekly, "daily_cap": daily}
        said = {
            name: None if cap == _NOBODY else cap for name, cap in given.items() if cap is not None
        }
        changes["in_crisis"] = before | said
    if wanted["overbook"] is False:
        changes["overbook"] = None
    return changes
