"""What a message needs first: whom it is about, and the circumstances it came in."""

from codecs import BOM_UTF8
from collections.abc import Iterable
from uuid import UUID, uuid5

import orjson

from domain import agenda as agendas
from domain import practitioner as practitioners
from domain import request as requests
from domain.agenda import Slot
from domain.practitioner import NotEnrolled, Practitioner, as_delegated, delegating, enrolment
from domain.request import Request, Waiting
from events import streams
from services.hub_sante import reading
from services.intake.arrival import Arrival
from services.intake.changes import AboutARequest
from services.intake.directory import Directory
from services.intake.naming import NAMESPACE, command_of, contacts_of, request_of
from services.intake.rejections import AnotherCommunity, NowhereToRoute, UnknownCommunity
from services.log.circumstances import about_request
from services.log.commands import Circumstances
from services.log.execute import Decision, Given
from services.log.vault import patient_of

_ASKS = "snp.care-request.v1"  # the request it makes is the one of its own id


def patient_told_of(body: bytes) -> UUID | None:
    """Whose erasure must take the body along, however little of it can be read.

    A patient's; or, of addresses, the practitioner's.
    """
    try:
        document = orjson.loads(body.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError:
        return None
    case = reading.case_named(document)
    if case:
        return patient_of(request_of(case))
    if not isinstance(document, dict):
        return None
    data = document.get("data")
    if document.get("type") == "snp.contacts.v1":
        return contacts_of(str(data.get("rpps"))) if isinstance(data, dict) else None
    try:
        if document.get("type") != _ASKS:
            return patient_of(UUID(data["request_id"]))  # type: ignore[index]  # or it names none
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    match document:
        case {"source": str(source), "id": str(event_id)}:
            return patient_of(command_of(source, event_id))  # of a request without a file
        case _:
            return None


def request_id_of(news: AboutARequest) -> UUID:
    """The request it is about."""
    if news.request_id is not None:
        return news.request_id
    assert news.case_id is not None, "one of the two, as it was validated"
    return request_of(news.case_id)


def given_about(
    came: Arrival, request_id: UUID, request: Request, *, of_whom: str | None = None
) -> Given:
    """The command as it came, about the request as it was looked at.

    Sent to the request's community; or, in a member's name (`of_whom`), where that is one.
    """
    if (received := requests.received_of(request)) and of_whom is None:
        check_addressed(came, received.community)
    circumstances = about_request(
        request_id, request, came.actor, causation=came.command_id, otherwise=came.community
    )
    expected = came.if_version
    seen = (streams.request(request_id), expected) if expected is not None else None
    return Given(came.command_id, circumstances, came.fingerprint, seen)


def given_on(came: Arrival, community: str | None, request_id: UUID, case_id: str | None) -> Given:
    """The command as it came, about that request, which may be yet to begin."""
    circumstances = Circumstances(
        community=community,
        actor=came.actor,
        correlation=request_id,
        causation=came.command_id,
        case_id=case_id,
    )
    return Given(came.command_id, circumstances, came.fingerprint)


async def holders_of(decision: Decision, slots: Iterable[Slot]) -> dict[UUID, Request]:
    """The requests that have or hold a place in one of these slots."""
    return {
        request_id: await decision.state(requests.decider, streams.request(request_id))
        for slot in slots
        for request_id in (*slot.taken, *slot.held)
    }


async def agenda_of(decision: Decision, request: Request) -> tuple[agendas.Agenda, str]:
    """The agenda the request has or holds a place in, and its stream; an empty one without."""
    named = requests.agenda_of(request)
    if named is None:
        return agendas.Agenda(), ""
    stream = streams.agenda(*named)
    return await decision.state(agendas.decider, stream), stream


def given(came: Arrival, community: str | None) -> Given:
    """The command as it came, about no request."""
    circumstances = Circumstances(
        community=community,
        actor=came.actor,
        correlation=uuid5(NAMESPACE, came.actor.ref),
        causation=came.command_id,
    )
    return Given(came.command_id, circumstances, came.fingerprint)


def community_of(came: Arrival, practitioner: Practitioner) -> str | None:
    """The practitioner's first community, or the one it was sent to."""
    return next(iter(communities_of(practitioner)), came.community)


async def known_communities(
    directory: Directory, came: Arrival, named: tuple[str, ...]
) -> tuple[str, ...]:
    """The communities named, or the one it was sent to.

    Raises NowhereToRoute where there is none, UnknownCommunity where one was never formed.
    """
    communities_named = tuple(dict.fromkeys(named)) or ((came.community,) if came.community else ())
    if not communities_named:
        raise NowhereToRoute
    for finess in communities_named:
        if await directory.community(finess) is None:
            raise UnknownCommunity
    return communities_named


async def acting(decision: Decision, rpps: str) -> Practitioner:
    """The practitioner, with what doctors delegate to them as long as they do."""
    state = await decision.state(practitioners.decider, streams.practitioner(rpps))
    doctors = {
        doctor: await decision.state(practitioners.decider, streams.practitioner(doctor))
        for doctor in delegating(state)
    }
    return as_delegated(state, doctors.__getitem__)


def check_addressed(came: Arrival, *concerned: str) -> None:
    """Raises AnotherCommunity for what was sent to another than those it is about."""
    if came.community is not None and came.community not in concerned:
        raise AnotherCommunity(", ".join(concerned))


def check_member(came: Arrival, practitioner: Practitioner) -> None:
    """Raises AnotherCommunity for what was sent where the practitioner is no member."""
    if not isinstance(practitioner, NotEnrolled):
        check_addressed(came, *enrolment(practitioner).communities)


def check_reached(came: Arrival, request: Request, practitioner: Practitioner) -> None:
    """Raises AnotherCommunity for an answer sent where nobody asked the practitioner from.

    They are spoken for by a community of theirs that the request has reached; who has left by the
    community of the request.
    """
    theirs = communities_of(practitioner)
    if isinstance(request, Waiting):
        theirs = tuple(finess for finess in theirs if finess in request.communities)
    if not theirs and (received := requests.received_of(request)):
        theirs = (received.community,)
    if theirs:
        check_addressed(came, *theirs)


def check_named(came: Arrival, practitioner: Practitioner, named: Iterable[str]) -> None:
    """Raises AnotherCommunity for who is to be a member of more than the one it was sent to."""
    check_no_other(came, set(named).difference(communities_of(practitioner)))


def check_no_other(came: Arrival, named: Iterable[str]) -> None:
    """Raises AnotherCommunity for what names another than the one it was sent to."""
    for finess in named:
        check_addressed(came, finess)


def communities_of(practitioner: Practitioner) -> tuple[str, ...]:
    """Those they are a member of, the first one first; of who is not enrolled, none."""
    return () if isinstance(practitioner, NotEnrolled) else enrolment(practitioner).communities
