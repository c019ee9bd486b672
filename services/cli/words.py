"""Codes and events in words, for a terminal."""

import re
from datetime import UTC, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from events.account import (
    AccountClosed,
    AccountOpened,
    AccountRoleGranted,
    AccountRoleRevoked,
    Grant,
)
from events.agenda import (
    SlotCapacityChanged,
    SlotClosedTo,
    SlotElapsed,
    SlotMoved,
    SlotOpenedTo,
    SlotPlaceFreed,
    SlotPlaceHeld,
    SlotPlaceReleased,
    SlotPlaceTaken,
    SlotPublished,
    SlotWithdrawn,
)
from events.catalogue import AnyEvent
from events.community import (
    CommunityCrisisDeclared,
    CommunityCrisisEnded,
    CommunityFormed,
    CommunityHoursAgreed,
    CommunityLadderAdopted,
    CommunityNeighboursAgreed,
    CommunityProtocolsAdopted,
    CommunityWeightsAgreed,
    OutOfHours,
)
from events.explanation import Explanation, Option
from events.ladder import Ladder, Step
from events.motives import MOTIVES
from events.offer import (
    Asked,
    OfferAccepted,
    OfferDeferred,
    OfferDelivered,
    OfferLapsed,
    OfferPartiallyAccepted,
    OfferRefused,
    OfferSeen,
    RequestOffered,
)
from events.practitioner import (
    PractitionerConsented,
    PractitionerContactsGiven,
    PractitionerEnrolled,
    PractitionerLeft,
    PractitionerOffCall,
    PractitionerOnCall,
    PractitionerPaused,
    PractitionerResumed,
    PractitionerRollCalled,
    PractitionerVacationAnnounced,
    PractitionerVacationCancelled,
)
from events.reporting import (
    CommunityFiguresReported,
    CommunityJournalStruck,
    CommunityJournalWritten,
    CommunityTargetsAgreed,
    Target,
)
from events.request import (
    PatientErased,
    RequestAssigned,
    RequestConfirmed,
    RequestDeadlineAgreed,
    RequestEscalated,
    RequestHandedBack,
    RequestHoldLapsed,
    RequestMerged,
    RequestPlaceHeld,
    RequestReceived,
    RequestRefusedAsEmergency,
    RequestReopened,
    RequestReoriented,
    RequestSearching,
    RequestUnassigned,
    RequestWithdrawn,
)
from events.visit import (
    OutcomeRecorded,
    PatientDoctorFound,
    PatientDoctorNotFound,
    PatientDoctorSought,
    VisitAttended,
    VisitCancelled,
    VisitMissed,
    VisitRated,
)
from events.weights import Weights
from services.cli.errors import Told
from services.cli.options import HERE_NAME, zone_named

STATES = {
    "waiting": "[yellow]waiting[/yellow]",
    "assigned": "[green]assigned[/green]",
    "handed_back": "[red]handed back[/red]",
    "refused_as_emergency": "[magenta]emergency[/magenta]",
    "withdrawn": "[dim]withdrawn[/dim]",
    "confirmed": "[green]confirmed[/green]",
    "attended": "[green]attended[/green]",
    "missed": "[red]missed[/red]",
    "cancelled": "[dim]cancelled[/dim]",
    "reoriented": "[magenta]reoriented[/magenta]",
    "merged": "[dim]merged[/dim]",
    "held": "[cyan]held[/cyan]",
}
OFFERS = {
    "pending": "[yellow]pending[/yellow]",
    "deferred": "[yellow]deferred[/yellow]",
    "accepted": "[green]accepted[/green]",
    "proposed": "[cyan]proposed[/cyan]",
    "refused": "refused",
    "lapsed": "[dim]lapsed[/dim]",
}
STEPS = {
    "TREATING_DOCTOR": "the treating doctor",
    "MEMBER_SLOTS": "members' slots",
    "MEMBER_OFFERS": "members are asked",
    "NEIGHBOUR_SLOTS": "neighbours' slots",
    "PARTNER_SLOTS": "partners' slots",
    "PARTNER_OFFERS": "partners are asked",
}
ANSWERS = {
    "ACCEPTEE": "accepted",
    "PARTIELLE": "at another time",
    "REFUSEE": "no",
    "DIFFEREE": "later",
    "NONE": "no answer",
}
DESTINATIONS = {
    "URGENCES": "an emergency department",
    "SANTE": "a hospital ward",
    "HAD": "hospital at home",
    "EHPAD": "a medico-social establishment",
    "PDSA": "out-of-hours care (PDSA)",
    "MT": "the treating doctor",
    "CONSEIL": "advice by telephone",
}
SETTINGS = {
    "PS": "in town",
    "MSP": "a health house (MSP)",
    "CDS": "a health centre (CDS)",
    "SOS": "SOS Médecins",
    "MMG": "the duty house (MMG)",
    "TLC": "teleconsultation",
    "SPE": "a specialist",
    "HOP": "a hospital consultation",
    "HAD": "hospital at home",
    "EMS": "a medico-social establishment",
}
PERIODS = {
    "SAS": "SAS hours",
    "PDSA": "out of hours (PDSA)",
    "NONE": "neither SAS nor PDSA hours",
}
PROFESSIONS = {
    "10": "doctors",
    "21": "pharmacists",
    "40": "dentists",
    "50": "midwives",
    "60": "nurses",
    "70": "physiotherapists",
    "80": "podiatrists",
}
MODES = {"AMB": "office", "HH": "home visit", "VR": "video"}

HERE = zone_named(HERE_NAME)
"""Times are shown and read as in SNP_ZONE (Europe/Paris); JSON has instants."""


def local(given: datetime) -> datetime:
    """What somebody typed, as an instant of the time that is shown."""
    return given.replace(tzinfo=HERE)


def here(given: datetime, now: datetime | None = None, zone: ZoneInfo = HERE) -> str:
    """What somebody typed, in the time that is shown or of a zone; an hour alone is of today.

    Raises Told for what no clock shows, or shows twice, when the clocks change.
    """
    if given.tzinfo is not None:
        return given.isoformat()
    if given.year == _NO_YEAR:
        today = (now or datetime.now(zone)).astimezone(zone).date()
        given = datetime.combine(today, given.time())
    first, second = (given.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.isoformat()
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != given:
        later = first.astimezone(UTC).astimezone(zone)
        msg = f"{given:%d %b %Y %H:%M} does not exist: the clocks go on to {later:%H:%M}"
        raise Told(msg, code="no_such_hour", status=2)
    msg = (
        f"{given:%d %b %Y %H:%M} comes twice, as the clocks go back:"
        f" write {first.isoformat(timespec='minutes')} or {second.isoformat(timespec='minutes')}"
    )
    raise Told(msg, code="hour_comes_twice", status=2)


_NO_YEAR = 1900  # what strptime makes of an hour alone


def clock(instant: datetime | None, zone: str = HERE_NAME) -> str:
    """`Mon 18:45`; of another zone than is shown here `Mon 18:45 Reunion`."""
    if instant is None:
        return ""
    return f"{instant.astimezone(zone_named(zone)):%a %H:%M}{_named(zone)}"


def _named(zone: str) -> str:
    return "" if zone == HERE_NAME else f" {zone.rpartition('/')[2].replace('_', ' ')}"


def day(instant: datetime) -> str:
    """`Mon 23 Nov 2026 18:45`."""
    return instant.astimezone(HERE).strftime("%a %d %b %Y %H:%M")


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def by_clocks_here(text: str) -> str:
    """A refusal, the instants in it as `day` shows them: who reads UTC is an hour or two wrong."""
    return _INSTANT.sub(lambda found: day(datetime.fromisoformat(found[0])), text)


def hour(instant: datetime, zone: str = HERE_NAME) -> str:
    """`18:45`, and which zone's where it is another."""
    return f"{instant.astimezone(zone_named(zone)):%H:%M}{_named(zone)}"


def owner(code: str) -> str:
    """`treating doctor`: who looks after a request that waits."""
    return code.replace("_", " ")


def _answered(one: Asked) -> str:
    said = f"asked {one.rpps}: {ANSWERS[one.answer]}"
    return f"{said}, {clock(one.start)}" if one.start else said


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
            first = f"{event.priority}, {motive(event.motive)}; {who}; due {clock(event.due_by)}"
            about = []
            if event.complaint:
                codes = ", ".join(pathway.code for pathway in event.pathways) or "none"
                about.append(f"complaint {event.complaint}; protocols that fit: {codes}")
            if event.treating_doctor:
                about.append(f"treating doctor {event.treating_doctor}")
            return [first, *about]
        case RequestRefusedAsEmergency():
            return [f"{event.priority}: an emergency is the SAMU's. {motive(event.motive)}"]
        case RequestSearching():
            first = f"no place yet; {owner(event.owner)} looks again at {clock(event.next_at)}"
            return [first, *explained(event.explanation)]
        case RequestAssigned():
            where = f"{event.km} km" if event.mode == "AMB" else MODES[event.mode]
            first = f"{clock(event.start)} with {event.rpps}, {MODES[event.mode]}, {where}"
            return [first, *explained(event.explanation)]
        case RequestDeadlineAgreed():
            return [f"wanted within {event.delay}: due {clock(event.due_by)}"]
        case RequestHandedBack():
            asked = [_answered(one) for one in event.asked]
            advice = f"; suggested: {DESTINATIONS[event.suggested]}" if event.suggested else ""
            first = f"back to the SAS: {event.reason}{advice}"
            return [first, *asked, *explained(event.explanation)]
        case RequestReopened():
            return [f"searched for again: wanted within {event.delay}, due {clock(event.due_by)}"]
        case RequestWithdrawn():
            return [f"withdrawn: {event.reason}"]
        case RequestPlaceHeld():
            return [f"{clock(event.start)} with {event.rpps} is kept until {clock(event.until)}"]
        case RequestHoldLapsed():
            return [f"no longer kept ({event.reason.replace('_', ' ').lower()})"]
        case RequestEscalated():
            doing = STEPS[event.kind]
            beside = [SETTINGS[setting] for setting in event.settings if setting != "PS"]
            whose = [*([event.only] if event.only else [*event.communities, *beside])]
            more = f" ({', '.join(whose)})" if whose else ""
            more += ", crisis" if event.crisis else ""
            return [f"{doing}{more}, until {clock(event.until)}; with {owner(event.owner)}"]
        case RequestOffered():
            who = ", ".join(event.to)
            return [f"wave {event.wave}: {who} asked, until {clock(event.until)}"]
        case OfferDelivered() | OfferSeen():
            return [event.rpps]
        case OfferAccepted():
            return [f"{event.rpps} sees the patient at {clock(event.start)}"]
        case OfferPartiallyAccepted():
            return [f"{event.rpps} would at {clock(event.start)}: snp offer take"]
        case OfferRefused():
            return [f"{event.rpps} does not ({event.reason.replace('_', ' ').lower()})"]
        case OfferDeferred():
            return [f"{event.rpps} answers by {clock(event.until)}"]
        case OfferLapsed():
            return [f"{event.rpps} ({event.reason.replace('_', ' ').lower()})"]
        case RequestUnassigned():
            why = event.reason.replace("_", " ").lower()
            return [f"the place is lost ({why}); another is looked for at once"]
        case RequestConfirmed():
            return ["the patient knows of the place, and comes"]
        case RequestReoriented():
            return [f"sent to {DESTINATIONS[event.to]}"]
        case RequestMerged():
            return [f"the same need as {event.into}, which goes on"]
        case VisitAttended():
            return ["the patient was seen"]
        case VisitMissed():
            return ["the patient did not come"]
        case VisitCancelled():
            return ["the patient does not come, and wants no other place"]
        case OutcomeRecorded():
            return [event.outcome.replace("_", " ").lower()]
        case VisitRated():
            return [f"the {event.by.lower()} gives {event.score} of 5"]
        case PatientDoctorSought():
            return [f"wants a treating doctor: members are told until {day(event.until)}"]
        case PatientDoctorFound():
            return [f"{event.rpps} is the treating doctor, after {event.days:g} days"]
        case PatientDoctorNotFound():
            return ["no treating doctor was found in time"]
        case PatientErased():
            return ["the patient's identity was destroyed"]
        case SlotPublished():
            modes = "/".join(MODES[mode] for mode in event.modes)
            places = f"{event.capacity} place{'s' if event.capacity > 1 else ''}"
            when = f"{clock(event.start)} to {clock(event.end)}"
            return [f"{when}, {places}, {modes}, {event.place.title}"]
        case SlotPlaceTaken():
            return [f"slot {event.slot_id}, request {event.request_id}"]
        case SlotPlaceHeld():
            until = clock(event.until)
            return [f"slot {event.slot_id}, for request {event.request_id} until {until}"]
        case SlotPlaceReleased():
            return [f"slot {event.slot_id}, for request {event.request_id} no more"]
        case SlotPlaceFreed():
            why = event.reason.replace("_", " ").lower()
            return [f"slot {event.slot_id}, request {event.request_id} ({why})"]
        case SlotMoved():
            when = f"{clock(event.start)} to {clock(event.end)}"
            return [f"slot {event.slot_id} is now {when}, {event.place.title}"]
        case SlotCapacityChanged():
            return [f"slot {event.slot_id} now has {event.capacity} places"]
        case SlotOpenedTo():
            return [f"slot {event.slot_id} is shown to {', '.join(event.labels)}"]
        case SlotClosedTo():
            who = ", ".join(event.open_to) or "nobody else"
            return [f"slot {event.slot_id} is open to {who}"]
        case SlotElapsed():
            return [f"slot {event.slot_id} is over: {event.lost} lost"]
        case SlotWithdrawn():
            return [f"slot {event.slot_id}"]
        case PractitionerEnrolled():
            where = f"{SETTINGS[event.setting]}, {', '.join(event.communities)}"
            return [f"profession {event.profession}, {where}"]
        case PractitionerLeft():
            still = f"; still in {', '.join(event.still_in)}" if event.still_in else ""
            return [f"no longer in {', '.join(event.communities)}{still}"]
        case PractitionerConsented():
            cap = f", {event.weekly_cap} a week" if event.weekly_cap is not None else ""
            more = (
                f"; asked beyond the agenda, {event.overbook.place.title}" if event.overbook else ""
            )
            return [f"agrees to {', '.join(event.sources) or 'nobody'}{cap}{more}"]
        case PractitionerOnCall():
            return [f"available at once, until {clock(event.until)}"]
        case PractitionerOffCall():
            return ["no longer available at once"]
        case PractitionerVacationAnnounced():
            return [f"away from {day(event.start)} to {day(event.end)}"]
        case PractitionerVacationCancelled():
            return [f"not away from {day(event.start)} after all"]
        case PractitionerContactsGiven():
            return [f"reached by {', '.join(event.channels) or 'nothing'}"]
        case PractitionerRollCalled():
            failed = f"; not by {', '.join(event.failed)}" if event.failed else ""
            reached = ", ".join(event.reached) or "nothing"
            return [f"roll call of {event.month}: reached by {reached}{failed}"]
        case PractitionerPaused() | PractitionerResumed():
            return [""]
        case CommunityFormed():
            people = sum(commune.population for commune in event.communes)
            return [f"{event.title}: {len(event.communes)} communes, {people} inhabitants"]
        case CommunityLadderAdopted():
            return [event.ladder.title, *ladder_lines(event.ladder)]
        case CommunityNeighboursAgreed():
            return [f"places of {', '.join(event.neighbours) or 'nobody'} once they agree as well"]
        case CommunityHoursAgreed():
            return [f"out of hours: nights, Sundays, holidays{out_of_hours(event.out_of_hours)}"]
        case CommunityWeightsAgreed():
            return [f"weighed beside waiting and travel: {weights(event.weights)}"]
        case CommunityProtocolsAdopted():
            return [f"{one.code}: {one.title}" for one in event.protocols] or ["no protocol"]
        case CommunityCrisisDeclared():
            ladder = ladder_lines(event.ladder) if event.ladder else []
            return [f"crisis: {event.title}", *ladder]
        case CommunityCrisisEnded():
            return ["the crisis is over"]
        case CommunityTargetsAgreed():
            first = f"targets of {event.year.begins} to {event.year.ends}"
            return [first, *(f"  {target_line(target)}" for target in event.targets)]
        case CommunityFiguresReported():
            return [
                f"{one.indicator} of {one.begins} to {one.ends}, from {one.source}"
                for one in event.figures
            ]
        case CommunityJournalWritten():
            return [f"{event.topic.replace('_', ' ').lower()}, of {event.day} (snp journal list)"]
        case CommunityJournalStruck():
            return [f"note {event.entry_id} is taken back"]
        case AccountOpened():
            return ["an account"]
        case AccountRoleGranted():
            return [f"may act as {capacity(event.grant)}"]
        case AccountRoleRevoked():
            return [f"no longer {capacity(event.grant)}"]
        case AccountClosed():
            return ["comes in no more"]
        case _:
            assert_never(event)


def capacity(grant: Grant) -> str:
    """As what, and where or for whom."""
    title = grant.role.replace("_", " ")
    if grant.rpps:
        return f"{title} {grant.rpps}"
    return f"{title} of {grant.community}" if grant.community else title


def target_line(target: Target) -> str:
    """`fulfilment_rate ≥ 0.9`."""
    if target.at_least is not None:
        return f"{target.indicator} ≥ {target.at_least:g}"
    return f"{target.indicator} ≤ {target.at_most:g}"


def weights(agreed: Weights) -> str:
    """What a community weighs; `nothing` for most."""
    weighed = [f"{name} {weight:g}" for name, weight in agreed.model_dump().items() if weight]
    return ", ".join(weighed) or "nothing"


def out_of_hours(chosen: OutOfHours) -> str:
    """`, Saturday afternoons`: what the département added."""
    added = {
        "Saturday afternoons": chosen.saturday_afternoon,
        "Mondays before a holiday": chosen.monday_before_holiday,
        "Fridays after a holiday": chosen.friday_after_holiday,
        "Saturdays after a holiday": chosen.saturday_after_holiday,
    }
    return "".join(f", {words}" for words, is_so in added.items() if is_so)


def ladder_lines(ladder: Ladder) -> list[str]:
    """A rule a line: whom it is for, and its steps."""
    lines = []
    for rule in ladder.rules:
        hours = [PERIODS[period] for period in rule.hours]
        whom = ", ".join([*rule.priorities, *rule.motives, *hours]) or "every request"
        steps = ", ".join(_step(step) for step in rule.steps)
        advice = f", suggesting {DESTINATIONS[rule.otherwise]}" if rule.otherwise else ""
        lines.append(f"{rule.title} ({whom}): {steps}, then back to the SAS{advice}")
    return lines


def _step(step: Step) -> str:
    beside = [SETTINGS[setting] for setting in step.settings] + list(step.specialties)
    who = f" ({', '.join(beside)})" if beside else ""
    return f"{STEPS[step.kind]}{who} {step.minutes} min" if step.minutes else STEPS[step.kind] + who


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
    parts = {
        "wait": terms.wait,
        "travel": terms.travel,
        "price": terms.price,
        "not their doctor": terms.continuity,
        "fairness": terms.fairness,
        "scarce": terms.scarcity,
        "frail": terms.fragility,
        "tour": terms.tours,
    }
    weighed = ", ".join(f"{name} {cost:.3f}" for name, cost in parts.items() if cost)
    kept = option.kept_for
    for_whom = (
        f", kept for who must be seen within {kept.within_minutes // 60} h"
        f" and is expected by {clock(kept.expected_by)}"
        if kept
        else ""
    )
    where = f"{clock(option.start)} {MODES[option.mode]} {option.km} km"
    return f"{where}, cost {terms.cost:.3f} ({weighed or 'nothing'}){for_whom}"
