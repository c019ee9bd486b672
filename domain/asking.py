"""Which members are asked to see a patient beyond their agenda, in what order, how many at once.

A wave is short and no larger than it needs to be: every member asked in vain is asked less gladly.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from math import ceil, log
from typing import NamedTuple, assert_never

from domain.agenda import GRID, Agenda, day_of
from domain.decider import Refused
from domain.eligibility import Search, against_consent, is_opened, not_within, outside_protocols
from domain.geography import CAR_SECONDS_PER_KM, distance_km
from domain.ineligible import (
    DailyCapReached,
    NoConsent,
    NotInTheProtocol,
    NotThisProfession,
    NotThisWay,
    PractitionerAway,
    StartsTooSoon,
    TooFar,
)
from domain.practitioner import (
    Consent,
    Enrolled,
    NotAMember,
    Paused,
    Practitioner,
    PractitionerNotEnrolled,
)
from domain.request import Accepted, Declined, Pending, Proposed, Unanswered, Waiting
from events.codes import Mode
from events.offer import Lapse
from events.practitioner import Overbook


class AskedBefore(Refused):
    """The member was asked about this request already."""

    code = "asked_before"


class Member(NamedTuple):
    """A practitioner who may be asked."""

    rpps: str
    practitioner: Practitioner
    agenda: Agenda  # of this week
    asked: int = 0  # for how many other patients, and may yet answer


class Askable(NamedTuple):
    """A member to be asked, first to last.

    On call, then whom a message reaches, then the fewest patients of this week or asked for now,
    then the nearest.
    """

    off_call: bool
    unreached: bool  # by text message, mail or push: they may look for themselves
    patients: int
    km: float
    rpps: str


def askable(search: Search, members: Iterable[Member], now: datetime) -> list[Askable]:
    """Whom to ask about the request, in order."""
    found = (may_be_asked(search, member, now) for member in members)
    return sorted(one for one in found if isinstance(one, Askable))


def may_be_asked(search: Search, member: Member, now: datetime) -> Askable | type[Refused]:
    """The member's turn, or the reason why they are not asked."""
    match member.practitioner:
        case Enrolled(consent=Consent(overbook=Overbook() as overbook) as consent) as enrolled:
            pass
        case Enrolled():
            return NoConsent
        case Paused():
            return PractitionerAway
        case _:
            return PractitionerNotEnrolled
    received = search.received
    if enrolled.is_away(now, now):
        return PractitionerAway
    if set(search.request.communities).isdisjoint(enrolled.communities):
        return NotAMember
    if reason := not_within(
        received, search.reach, member.rpps, enrolled.setting, enrolled.specialty
    ) or _not_theirs(search, member, enrolled, consent):
        return reason
    if member.rpps in search.request.cancelled_by or _was_asked(search, member.rpps):
        return AskedBefore
    if _is_full_today(search, member, overbook, consent, now):
        return DailyCapReached
    km = distance_km(received.position, overbook.place.position)
    ways = [mode for mode in overbook.modes if mode in received.modes]
    if not ways:
        return NotThisWay
    within = [mode for mode in ways if km <= _reach(mode, search, overbook)]
    if not within:
        return TooFar
    # The patient travels only where nobody can do without it.
    way = km * CAR_SECONDS_PER_KM if within == [Mode.OFFICE] else 0.0
    if search.earliest + timedelta(seconds=way) > search.request.due_by - GRID:
        return StartsTooSoon  # whatever they said would be too late
    return Askable(
        off_call=not enrolled.is_on_call(now),
        unreached=not enrolled.channels,
        patients=member.agenda.taken + member.asked,
        km=round(km, 1),
        rpps=member.rpps,
    )


def is_away(
    practitioner: Practitioner, request: Waiting, communities: Collection[str], now: datetime
) -> bool:
    """Whether a member who was asked about the request would no longer be."""
    match practitioner:
        case Enrolled(consent=Consent(overbook=Overbook(), sources=sources)) as enrolled:
            return (
                request.received.source not in sources
                or enrolled.is_away(now, now)
                or set(communities).isdisjoint(enrolled.communities)
            )
        case _:
            return True


def _not_theirs(
    search: Search, member: Member, enrolled: Enrolled, consent: Consent
) -> type[Refused] | None:
    """Why they would not see this patient, wherever and whenever."""
    received, profession, setting = search.received, enrolled.profession, enrolled.setting
    if not is_opened(received, profession, setting):
        return NotThisProfession
    if outside_protocols(received, profession, setting, consent):
        return NotInTheProtocol
    regulated = member.agenda.regulated_but(received.request_id)
    return against_consent(search, consent, member.rpps, regulated)


def _is_full_today(
    search: Search, member: Member, overbook: Overbook, consent: Consent, now: datetime
) -> bool:
    """Whether the day is full, and the visit cannot be on another."""
    _, daily_cap = consent.caps(in_crisis=search.reach.crisis)
    if daily_cap is None:
        return False
    today = day_of(now, overbook.zone)
    if day_of(search.request.due_by, overbook.zone) != today:
        return False
    asking = search.received.request_id
    return member.agenda.taken_on(today, overbook.zone, asking) >= daily_cap


def _reach(mode: Mode, search: Search, overbook: Overbook) -> float:
    """How far apart they may be, in kilometres."""
    match mode:
        case Mode.OFFICE:
            return search.received.max_km
        case Mode.HOME:
            return overbook.radius_km or 0.0
        case Mode.VIDEO:
            return float("inf")
        case _:
            assert_never(mode)


def _was_asked(search: Search, rpps: str) -> bool:
    """Who was told that they need not answer, and it turned out otherwise, may be once more."""
    offer = search.request.offers.get(rpps)
    match offer:
        case None:
            return False
        case Pending() | Accepted() | Proposed() | Declined():
            return True
        case Unanswered(why=why):
            return why not in _MAY_BE_ASKED_AGAIN
        case _:
            assert_never(offer)


_MAY_BE_ASKED_AGAIN = {Lapse.PLACE_FOUND, Lapse.STEP_OVER, Lapse.AWAY}


class Rate(NamedTuple):
    """How many of those asked accepted, so far: the prior is 17 to 47 % (marketplaces in use)."""

    asked: int = 0
    accepted: int = 0

    @property
    def probability(self) -> float:
        """That a member accepts who is asked."""
        return (_PRIOR_ACCEPTED + self.accepted) / (_PRIOR_ASKED + self.asked)


_PRIOR_ASKED = 10.0
_PRIOR_ACCEPTED = 3.2

SHORTEST_WAVE = timedelta(minutes=2)
LONGEST_WAVE = timedelta(minutes=5)
ROUND = timedelta(seconds=30)
WAVES = 4  # that a step is made for
MISSED = 0.05  # the share of requests for which all waves together may find nobody
MOST_AT_ONCE = 12


class Wave(NamedTuple):
    """So many members at once, who have so long."""

    members: int
    length: timedelta


def wave(left: timedelta, rate: Rate) -> Wave:
    """The next wave, with so much time left for all of them."""
    length = min(max(left / WAVES // ROUND * ROUND, SHORTEST_WAVE), LONGEST_WAVE)
    to_come = max(int(left / length), 1)
    # Nobody of n accepts with (1 - p) ** n; nobody in all the waves to come, in at most MISSED.
    wanted = ceil(log(MISSED) / to_come / log(1.0 - min(rate.probability, 0.99)))
    return Wave(min(max(wanted, 1), MOST_AT_ONCE), min(length, max(left, SHORTEST_WAVE)))
