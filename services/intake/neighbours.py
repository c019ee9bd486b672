"""Whether two communities still agree, when somebody chooses a place of the other by hand."""

from domain import community as communities
from domain.agenda import Slot
from domain.community import Formed
from domain.eligibility import NotThisCommunity
from domain.request import Request, Waiting
from events import streams
from services.log.execute import Decision


async def check_agreed(decision: Decision, request: Request, slot: Slot | None) -> None:
    """Raises NotThisCommunity for a place of neighbours who agree no longer.

    Dispatch tells the request within moments that the way is closed: until it did, the agreements
    themselves say so, and must not have moved when the decision is written.
    """
    if not isinstance(request, Waiting) or slot is None:
        return
    own, open_to = request.received.community, slot.published.communities
    if own in open_to:
        return
    for finess in set(request.reach.neighbours) & set(open_to):
        ours = await decision.state(communities.decider, streams.community(own))
        theirs = await decision.state(communities.decider, streams.community(finess))
        if (
            isinstance(ours, Formed)
            and isinstance(theirs, Formed)
            and finess in ours.neighbours
            and own in theirs.neighbours
        ):
            return
    raise NotThisCommunity(slot.published.slot_id)
