"""Whether two communities still agree, when somebody chooses a place of the other by hand."""

from collections.abc import Collection

from domain import community as communities
from domain.community import Formed
from domain.ineligible import NotThisCommunity
from domain.practitioner import Practitioner, communities_left
from domain.request import Request, Waiting
from events import streams
from events.agenda import SlotPublished
from services.log.execute import Decision


async def check_agreed(
    decision: Decision, request: Request, ways: Collection[str], rpps: str
) -> None:
    """Raises NotThisCommunity for whom only neighbours reach who agree no longer.

    `ways`: the communities by which the request comes to the practitioner. Dispatch tells the
    request within moments that a way is closed: until it did, the agreements themselves say so,
    and must not have moved when the decision is written.
    """
    if not isinstance(request, Waiting):
        return
    own = request.received.community
    if own in ways:
        return
    for finess in set(request.reach.neighbours) & set(ways):
        ours = await decision.state(communities.decider, streams.community(own))
        theirs = await decision.state(communities.decider, streams.community(finess))
        if (
            isinstance(ours, Formed)
            and isinstance(theirs, Formed)
            and finess in ours.neighbours
            and own in theirs.neighbours
        ):
            return
    raise NotThisCommunity(rpps)


def ways_to(slot: SlotPublished, practitioner: Practitioner) -> set[str]:
    """The communities a slot is open to, but for those its practitioner left since."""
    return set(slot.communities) - communities_left(practitioner)
