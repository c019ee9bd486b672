"""Of the patients a day's places did not suffice for: whom members would have seen beyond them.

They are asked as dispatch asks, in waves, and answer as the scenario says they do; the same about
the same patient, whatever policy left them unseen. The yardstick of MATCHING does not count them.
"""

from collections import Counter
from collections.abc import Collection
from datetime import timedelta

from domain.agenda import Agenda
from domain.asking import Member, Rate, askable, wave
from domain.eligibility import LEAD, search
from domain.practitioner import Consent, Enrolled
from events.codes import Source
from events.place import Place, Position
from events.practitioner import Overbook
from services.simulator.answering import Habits
from services.simulator.cast import ZONE, Caller, Day
from services.simulator.scenario import Scenario, ScenarioMember

MOST_EACH = 2  # patients beyond the agenda that a member sees on a day: a guess
_OFTEN = 100_000  # answers: a rate that is given is as one measured for ever


def seen_beyond(scenario: Scenario, day: Day, unserved: Collection[str]) -> int | None:
    """How many of them; None, of a scenario that says nothing of how members answer."""
    if not scenario.members:
        return None
    accepts = {one.practitioner: one.accepts for one in scenario.members}
    usual = sum(accepts.values()) / len(accepts)
    habits = Habits(by_member={title: _rate(share) for title, share in accepts.items()})
    members = [_member(scenario.community, one) for one in scenario.members]
    patients: Counter[str] = Counter()
    for caller in sorted(day.callers, key=lambda one: (one.received_at, one.id)):
        if caller.id in unserved:
            left = [one for one in members if patients[one.rpps] < MOST_EACH]
            if seen_by := _seen_by(caller, left, habits, _rate(usual)):
                patients[seen_by] += 1
    return patients.total()


def _seen_by(
    caller: Caller, members: Collection[Member], habits: Habits, usual: Rate
) -> str | None:
    request, now = caller.waiting, caller.received_at
    request_id = request.received.request_id
    asked: set[str] = set()
    while (left := caller.due_by - LEAD - now) > timedelta():
        turn = [one for one in askable(search(request, now), members, now) if one.rpps not in asked]
        if not turn:
            return None
        number, length = wave(left, usual)
        for one in turn[:number]:
            after = habits.accepts_after(request_id, one.rpps)
            if after is not None and after <= length:
                return one.rpps
            asked.add(one.rpps)
        now += length
    return None


def _rate(share: float) -> Rate:
    return Rate(_OFTEN, round(_OFTEN * share))


def _member(community: str, member: ScenarioMember) -> Member:
    overbook = Overbook.model_construct(
        place=Place.model_construct(
            title=member.practitioner,
            commune="00000",
            position=Position.model_construct(lat=member.lat, lon=member.lon),
        ),
        zone=ZONE,
        modes=member.modes,
        radius_km=member.radius_km,
    )
    consent = Consent(sources=tuple(Source), overbook=overbook)
    enrolled = Enrolled(member.profession, (community,), consent=consent)
    return Member(member.practitioner, enrolled, Agenda())
