"""Codes and events in words, for a terminal."""

from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from events.agenda import SlotPlaceFreed, SlotPlaceTaken, SlotPublished
from events.catalogue import AnyEvent
from events.community import CommunityFormed
from events.explanation import Explanation, Option
from events.motives import MOTIVES
from events.practitioner import (
    PractitionerConsented,
    PractitionerEnrolled,
    PractitionerPaused,
    PractitionerResumed,
)
from events.request import (
    PatientErased,
    RequestAssigned,
    RequestDeadlineAgreed,
    RequestHandedBack,
    RequestReceived,
    RequestRefusedAsEmergency,
    RequestSearching,
    RequestWithdrawn,
)

STATES = {
    "waiting": "[yellow]waiting[/yellow]",
    "assigned": "[green]assigned[/green]",
    "handed_back": "[red]handed back[/red]",
    "refused_as_emergency": "[magenta]emergency[/magenta]",
    "withdrawn": "[dim]withdrawn[/dim]",
}
MODES = {"AMB": "office", "HH": "home visit", "VR": "video"}

HERE = ZoneInfo("Europe/Paris")
"""Times are shown as most regulators read them; JSON has instants."""


def clock(instant: datetime | None) -> str:
    """`Mon 18:45`."""
    return instant.astimezone(HERE).strftime("%a %H:%M") if instant else ""


def motive(code: str | None) -> str:
    """`M02.07 Traumatisme sérieux, plaie intermédiaire`."""
    return f"{code} {MOTIVES[code[:6]]}" if code else ""


def said(event: AnyEvent) -> list[str]:
    """What happened, in a line, and what explains it, in a few more."""
    match event:
        case RequestReceived():
            who = ", ".join(
                part
                for part in (
                    f"{event.age} years" if event.age is not None else "age unknown",
                    event.sex,
                    f"commune {event.commune}" if event.commune else "",
                )
                if part
            )
            return [f"{event.priority}, {motive(event.motive)}; {who}; due {clock(event.due_by)}"]
        case RequestRefusedAsEmergency():
            return [f"{event.priority}: an emergency is the SAMU's. {motive(event.motive)}"]
        case RequestSearching():
            first = f"no place yet; {event.owner} looks again at {clock(event.next_at)}"
            return [first, *explained(event.explanation)]
        case RequestAssigned():
            where = f"{event.km} km" if event.mode == "AMB" else MODES[event.mode]
            first = f"{clock(event.start)} with {event.rpps}, {MODES[event.mode]}, {where}"
            return [first, *explained(event.explanation)]
        case RequestDeadlineAgreed():
            return [f"wanted within {event.delay}: due {clock(event.due_by)}"]
        case RequestHandedBack():
            return [f"back to the SAS: {event.reason}", *explained(event.explanation)]
        case RequestWithdrawn():
            return [f"withdrawn: {event.reason}"]
        case PatientErased():
            return ["the patient's identity was destroyed"]
        case SlotPublished():
            modes = "/".join(MODES[mode] for mode in event.modes)
            places = f"{event.capacity} place{'s' if event.capacity > 1 else ''}"
            when = f"{clock(event.start)} to {clock(event.end)}"
            return [f"{when}, {places}, {modes}, {event.place.title}"]
        case SlotPlaceTaken() | SlotPlaceFreed():
            return [f"slot {event.slot_id}, request {event.request_id}"]
        case PractitionerEnrolled():
            return [f"profession {event.profession}, in {', '.join(event.communities)}"]
        case PractitionerConsented():
            cap = f", {event.weekly_cap} a week" if event.weekly_cap is not None else ""
            return [f"agrees to {', '.join(event.sources) or 'nobody'}{cap}"]
        case PractitionerPaused() | PractitionerResumed():
            return [""]
        case CommunityFormed():
            people = sum(commune.population for commune in event.communes)
            return [f"{event.title}: {len(event.communes)} communes, {people} inhabitants"]
        case _:
            assert_never(event)


def explained(explanation: Explanation) -> list[str]:
    """Why this place and no other."""
    lines = []
    if explanation.chosen:
        lines.append(f"chosen by {explanation.policy}: {_weighed(explanation.chosen)}")
    lines += [f"  or {_weighed(option)}" for option in explanation.alternatives]
    if explanation.not_eligible:
        reasons = (f"{n.slots} {n.reason.replace('_', ' ')}" for n in explanation.not_eligible)
        lines.append(f"left aside: {', '.join(reasons)}")
    elif not explanation.considered:
        lines.append("no slot of the community is to come")
    return lines


def _weighed(option: Option) -> str:
    terms = option.terms
    return (
        f"{clock(option.start)} {MODES[option.mode]} {option.km} km, loss {terms.loss:.3f}"
        f" (wait {terms.wait:.3f}, travel {terms.travel:.3f})"
    )
