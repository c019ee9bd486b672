"""Of the patients a day's places did not suffice for: whom members would have seen beyond them.

They are asked as by the usual ladder, in waves for half an hour, and answer as the scenario says
they do; the same about the same patient, whatever policy left them unseen. The yardstick of
MATCHING does not count them.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from domain.agenda import GRID, Agenda
from domain.asking import Askable, Member, Rate, askable, wave
from domain.eligibility import LEAD, search
from domain.practitioner import Consent, Enrolled
from events.codes import Source
from events.practitioner import Overbook
from services.simulator.answering import agrees_after
from services.simulator.cast import ZONE, Caller, Day, place_of
from services.simulator.scenario import Scenario, ScenarioMember

MOST_EACH = 2  # patients beyond the agenda that a member sees on a day: a guess
ASKED_FOR = timedelta(minutes=30)  # as the usual ladder does
_OFTEN = 100_000  # answers: a rate that is given is as one measured for ever


def seen_beyond(scenario: Scenario, day: Day, unserved: Collection[str]) -> int | None:
    """How many of them; None, of a scenario that says nothing of how members answer."""
    if not scenario.members:
        return None
    accepts = {one.practitioner: one.accepts for one in scenario.members}
    usual = Rate(_OFTEN, round(_OFTEN * sum(accepts.values()) / len(accepts)))
    members = [_member(scenario.community, one) for one in scenario.members]
    patients: Counter[str] = Counter()
    left = set(unserved)
    for caller in sorted(day.callers, key=lambda one: (one.received_at, one.id)):
        if caller.id in left:
            there = [
                one._replace(asked=patients[one.rpps])
                for one in members
                if patients[one.rpps] < MOST_EACH
            ]
            at = caller.received_at
            turn = askable(search(caller.waiting, at), there, at)
            if seen_by := _seen_by(caller, turn, accepts, usual):
                patients[seen_by] += 1
    return patients.total()


def _seen_by(
    caller: Caller, turn: list[Askable], accepts: Mapping[str, float], usual: Rate
) -> str | None:
    """The first who says yes while the patient waits, however late; None: nobody does."""
    request_id, now = caller.waiting.received.request_id, caller.received_at
    until, latest = now + ASKED_FOR, caller.due_by - LEAD - GRID
    agreed: list[tuple[datetime, str]] = []
    while turn and now < min(until, latest) and not (agreed and min(agreed)[0] <= now):
        number, length = wave(min(until, latest) - now, usual)
        for one in turn[:number]:
            after = agrees_after(request_id, one.rpps, accepts[one.rpps])
            if after is not None and now + after <= latest:
                agreed.append((now + after, one.rpps))
        turn, now = turn[number:], now + length
    return min(agreed)[1] if agreed else None


def _member(community: str, member: ScenarioMember) -> Member:
    overbook = Overbook.model_construct(
        place=place_of(member),
        zone=ZONE,
        modes=member.modes,
        radius_km=member.radius_km,
    )
    consent = Consent(sources=tuple(Source), overbook=overbook)
    enrolled = Enrolled(member.profession, (community,), consent=consent)
    return Member(member.practitioner, enrolled, Agenda())
