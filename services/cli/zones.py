"""By whose clocks what is typed is meant: those of where care is given."""

from zoneinfo import ZoneInfo

from domain import community as communities
from domain import practitioner as practitioners
from domain.community import Formed
from domain.practitioner import NotEnrolled, enrolment
from events import streams
from services.cli import words
from services.cli.session import Session
from services.log.reader import Log


async def zone_of_member(session: Session, rpps: str) -> ZoneInfo:
    """Of a practitioner, that of their first community; of nobody known, the one shown here."""
    log = Log(session.pool)
    known = await log.state(practitioners.decider, streams.practitioner(rpps))
    of = () if isinstance(known, NotEnrolled) else enrolment(known).communities
    for finess in of[:1]:
        formed = await log.state(communities.decider, streams.community(finess))
        if isinstance(formed, Formed):
            return ZoneInfo(formed.zone)
    return words.HERE
