"""What is to be looked at again when something happens: requests that ask, slots that opened."""

from collections.abc import Iterable
from uuid import UUID

from domain.practitioner import NotEnrolled, communities_left, enrolment
from events.agenda import (
    SlotCapacityChanged,
    SlotMoved,
    SlotOpenedTo,
    SlotPlaceFreed,
    SlotPlaceReleased,
    SlotPublished,
)
from events.community import CommunityEvent, CommunityNeighboursAgreed
from events.envelope import Recorded
from events.offer import OfferDeferred, OfferPartiallyAccepted, OfferRefused
from events.practitioner import (
    PractitionerContactsGiven,
    PractitionerEvent,
    PractitionerRollCalled,
)
from events.request import (
    RequestDeadlineAgreed,
    RequestHoldLapsed,
    RequestPlaceHeld,
    RequestReceived,
)
from services.dispatch.board import Board
from services.dispatch.work import Work


class News:
    """Makes work of what happens."""

    def __init__(self, board: Board, work: Work) -> None:
        self._board = board
        self._work = work

    def hear(self, recorded: Recorded) -> None:
        """One event of the log that is news to the board."""
        match recorded.event:
            case RequestReceived() | RequestDeadlineAgreed() as event:
                self.ask(event.request_id)
            case (
                SlotPublished()
                | SlotPlaceFreed()
                | SlotMoved()
                | SlotPlaceReleased()
                | SlotCapacityChanged()
                | SlotOpenedTo()
            ) as event:
                candidate = self._board.candidate(event.slot_id)
                for community in candidate.slot.published.communities if candidate else ():
                    self._opened(community, {event.slot_id})
            case (
                RequestPlaceHeld()
                | RequestHoldLapsed()
                | OfferRefused()
                | OfferPartiallyAccepted()
                | OfferDeferred()
            ) as event:
                self.ask(event.request_id)
            case CommunityNeighboursAgreed(finess=finess, neighbours=neighbours):
                self._ask_neighbours(finess, neighbours)
            case event if isinstance(event, CommunityEvent):
                self._ask_all(event.finess)  # another ladder, other hours, a crisis
            case PractitionerContactsGiven() | PractitionerRollCalled():
                pass  # how they are reached changes nobody's place
            case event if isinstance(event, PractitionerEvent):
                self.reopen(event.rpps)
                for request_id in self._waiting_for(event.rpps):
                    self.ask(request_id)  # they may be asked now, or no longer
            case _:
                pass

    def _opened(self, community: str, slots: set[UUID]) -> None:
        """For its own patients, and for those of communities it agreed with."""
        for finess in (community, *self._board.neighbours_of(community)):
            self._work.opened(finess, slots)

    def _waiting_for(self, rpps: str) -> list[UUID]:
        """Requests of the practitioner's communities that wait."""
        held = self._board.practitioners.get(rpps)
        if held is None:
            return []
        concerned = set(communities_left(held.state))  # where they were asked before they left
        if not isinstance(held.state, NotEnrolled):
            concerned |= set(enrolment(held.state).communities)  # paused or not
        return [r for finess in sorted(concerned) for r in self._board.waiting.get(finess, ())]

    def _ask_neighbours(self, finess: str, neighbours: Iterable[str]) -> None:
        """Those agreed before as well: their patients may no longer come here."""
        reaching = [c for c in self._board.waiting if self._reaches(c, finess)]
        for concerned in {finess, *neighbours, *reaching}:
            self._ask_all(concerned)

    def _reaches(self, community: str, other: str) -> bool:
        """Whether somebody there waits who may have the other's places."""
        waiting = self._board.waiting[community].values()
        return any(other in held.state.reach.neighbours for held in waiting)

    def _ask_all(self, community: str) -> None:
        for request_id in self._board.waiting.get(community, ()):
            self._work.ask(community, request_id)

    def ask(self, request_id: UUID) -> None:
        """Decide about the request, if it waits."""
        held = self._board.request(request_id)
        if held is not None:
            self._work.ask(held.state.received.community, request_id)

    def reopen(self, agenda_or_rpps: str) -> None:
        """Somebody may fit into any slot of the agenda (by its stream), or of the practitioner."""
        for community, slots in self._board.slots_by_community(agenda_or_rpps).items():
            self._opened(community, slots)
