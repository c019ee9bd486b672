"""Who may be told, and whether they are there: a fold over practitioners and communities."""

from collections.abc import Iterable
from datetime import datetime

from domain import community as communities
from domain import practitioner as practitioners
from domain.community import Community, Formed, NotFormed
from domain.practitioner import Enrolled, NotEnrolled, Paused, Practitioner, enrolment
from events.codes import Channel
from events.community import CommunityEvent
from events.envelope import Recorded
from events.practitioner import PractitionerEvent

NOWHERE = Formed("", "", "Europe/Paris", ())
"""Of a community nobody told of."""


class Roster:
    """`hear` what happens, in the order of the log."""

    def __init__(self) -> None:
        self._practitioners: dict[str, Practitioner] = {}
        self._communities: dict[str, Community] = {}
        self._versions: dict[str, int] = {}

    def hear(self, recorded: Recorded) -> None:
        """One event; what was heard before changes nothing."""
        event, stream = recorded.event, recorded.stream
        if recorded.version <= self._versions.get(stream, 0):
            return
        if isinstance(event, PractitionerEvent):
            before = self._practitioners.get(event.rpps, NotEnrolled())
            self._practitioners[event.rpps] = practitioners.evolve(before, event)
            self._versions[stream] = recorded.version
        elif isinstance(event, CommunityEvent):
            known = self._communities.get(event.finess, NotFormed())
            self._communities[event.finess] = communities.evolve(known, event)
            self._versions[stream] = recorded.version

    def community(self, finess: str | None) -> Formed:
        """What it agreed to."""
        known = self._communities.get(finess or "")
        return known if isinstance(known, Formed) else NOWHERE

    def enrolled(self, rpps: str) -> Enrolled | None:
        """As what they take part, paused or not."""
        known = self._practitioners.get(rpps)
        return enrolment(known) if isinstance(known, Enrolled | Paused) else None

    def is_there(self, rpps: str, now: datetime) -> bool:
        """Neither paused nor on vacation."""
        known = self._practitioners.get(rpps)
        return isinstance(known, Enrolled) and not known.is_away(now, now)

    def members(self, finess: str) -> list[str]:
        """Who takes part in a community, paused or not."""
        return [rpps for rpps, known in self._everybody() if finess in known.communities]

    def taking_new_patients(self, finess: str) -> list[str]:
        """Members who become the treating doctor of who has none."""
        return [
            rpps
            for rpps, known in self._everybody()
            if finess in known.communities and known.consent and known.consent.new_patients
        ]

    def reached_by(self, channel: Channel) -> list[str]:
        """Who said they are reached so."""
        return [rpps for rpps, known in self.reachable() if channel in known.channels]

    def reachable(self) -> list[tuple[str, Enrolled]]:
        """Who said how they are reached."""
        return [(rpps, known) for rpps, known in self._everybody() if known.channels]

    def _everybody(self) -> Iterable[tuple[str, Enrolled]]:
        for rpps, known in sorted(self._practitioners.items()):
            if not isinstance(known, NotEnrolled):
                yield rpps, enrolment(known)
