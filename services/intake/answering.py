"""What members answer when they are asked, and what communities agree: `data` of CloudEvents."""

import re
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from events.base import Finess, Frozen, Rpps
from events.codes import Channel
from events.community import OutOfHours
from events.ladder import Ladder
from events.offer import Answer, WhyNot
from events.place import Title
from events.protocol import Protocol
from events.weights import Weights
from services.intake.changes import AboutARequest
from services.intake.moment import Moment


class OfferAnswer(AboutARequest):
    """A member's answer: type `snp.offer-answer.v1`.

    ACCEPTEE and PARTIELLE (another time) name a `start`; REFUSEE a `reason`; DIFFEREE an `until`.
    """

    rpps: Rpps
    answer: Answer
    start: Moment | None = None
    minutes: Annotated[int, Field(ge=5, le=120)] = 15  # of the visit
    reason: WhyNot | None = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wanted = _WANTED.get(self.answer)
        if wanted is None:
            raise PydanticCustomError("unknown_code", "ACCEPTEE, PARTIELLE, REFUSEE or DIFFEREE")
        if getattr(self, wanted) is None:
            raise PydanticCustomError(
                "missing",
                "{answer} says {wanted}",
                {
                    "answer": self.answer.value,
                    "wanted": wanted,
                },
            )
        return self


_WANTED = {
    Answer.ACCEPTED: "start",
    Answer.PARTIAL: "start",
    Answer.REFUSED: "reason",
    Answer.DEFERRED: "until",
}


class OfferReceipt(AboutARequest):
    """The offer reached the member, or was looked at: type `snp.offer-receipt.v1`."""

    rpps: Rpps
    seen: bool = False


class OfferCorrection(AboutARequest):
    """The member accepted by mistake, 20 seconds ago at most: type `snp.offer-correction.v1`."""

    rpps: Rpps


class ProposalTaken(AboutARequest):
    """A regulator takes the other time a member proposed: type `snp.proposal.v1`."""

    rpps: Rpps
    minutes: Annotated[int, Field(ge=5, le=120)] = 15


class OnCall(Frozen):
    """Available at once until then, or (without `until`) no longer: type `snp.on-call.v1`."""

    rpps: Rpps
    until: Moment | None = None


class LadderSheet(Frozen):
    """How a community works with the SAS from now on: type `snp.ladder.v1`."""

    finess: Finess
    ladder: Ladder


class NeighboursSheet(Frozen):
    """Whose places its patients may have, once both agreed: type `snp.neighbours.v1`."""

    finess: Finess
    neighbours: Annotated[tuple[Finess, ...], Field(max_length=50)]


class Vacation(Frozen):
    """Away from then to then: type `snp.vacation.v1`. What was published for it is withdrawn."""

    rpps: Rpps
    start: Moment
    end: Moment


class VacationCancelled(Frozen):
    """There after all: type `snp.vacation-cancelled.v1`. Publish again what is to be open."""

    rpps: Rpps
    start: Moment  # as it was announced


class Leaving(Frozen):
    """Takes part no longer: type `snp.leaving.v1`. What was published is withdrawn."""

    rpps: Rpps
    communities: Annotated[tuple[Finess, ...], Field(max_length=50)] = ()  # none: altogether


class Contact(Frozen):
    """A way to reach somebody: a number as `+33612345678`, a mailbox, an application's address."""

    channel: Channel
    address: Annotated[str, StringConstraints(min_length=3, max_length=400)]

    @model_validator(mode="after")
    def _shaped(self) -> Self:
        if not re.fullmatch(_ADDRESSES[self.channel], self.address):
            kind = "malformed"
            message = (
                "no address of this channel: a number in international form (+33…), or a mailbox"
            )
            raise PydanticCustomError(kind, message)
        return self


_ADDRESSES = {
    Channel.SMS: r"\+[1-9][0-9]{7,14}",
    Channel.EMAIL: r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+",
    Channel.PUSH: r"[A-Za-z0-9][A-Za-z0-9:/._~-]+",
}


class ContactsSheet(Frozen):
    """How a professional is reached, whole: type `snp.contacts.v1`. The addresses are sealed."""

    rpps: Rpps
    contacts: Annotated[tuple[Contact, ...], Field(max_length=5)]

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        channels = {contact.channel for contact in self.contacts}
        if len(channels) < len(self.contacts):
            kind = "invalid_value"
            message = "one address a channel"
            raise PydanticCustomError(kind, message)
        return self


class HoursSheet(Frozen):
    """When it is out-of-hours care where the community is: type `snp.hours.v1`."""

    finess: Finess
    out_of_hours: OutOfHours


class WeightsSheet(Frozen):
    """What is weighed there when a place is chosen, whole: type `snp.weights.v1`."""

    finess: Finess
    weights: Weights


class ProtocolsSheet(Frozen):
    """Whom other professions may see there, whole: type `snp.protocols.v1`."""

    finess: Finess
    protocols: Annotated[tuple[Protocol, ...], Field(max_length=50)]


class CrisisSheet(Frozen):
    """A crisis, until it is said to be over: type `snp.crisis.v1`."""

    finess: Finess
    title: Title
    ladder: Ladder | None = None  # default: the one in force


class CrisisOver(Frozen):
    """Everything is as before: type `snp.crisis-over.v1`."""

    finess: Finess


Agreement = (
    LadderSheet
    | NeighboursSheet
    | HoursSheet
    | WeightsSheet
    | ProtocolsSheet
    | CrisisSheet
    | CrisisOver
)
OfferNews = OfferAnswer | OfferReceipt | OfferCorrection | ProposalTaken
