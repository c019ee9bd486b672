"""What a practitioner, or who acts for them, looks at and does."""

from datetime import datetime, time, timedelta
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from services.access.gate import NotAllowed, permitted
from services.access.permissions import Look, Scope
from services.api.doors import PATTERNS
from services.console.cabinet import today
from services.console.cabinet.whynot import decisions
from services.console.frame import PARIS, PREFIX, page
from services.console.places import communes_of
from services.console.pushing import A_STREAM, pushed
from services.console.visitors import Guest, Visitor

AT = f"{PREFIX}/cabinet"
router = APIRouter(include_in_schema=False)
Rpps = Annotated[str, Path(pattern=PATTERNS["rpps"])]
CONSULTATION_MINUTES = 20
_TABS = ("jour", "places", "accord", "pourquoi")


@router.get(AT)
async def cabinet(visitor: Guest) -> Response:
    """Theirs; of who acts for several, the first."""
    mine = _mine(visitor)
    if not mine:
        raise NotAllowed(Look.OFFERS)
    return RedirectResponse(f"{AT}/{mine[0]}", 303)


@router.get(f"{AT}/{{rpps}}")
async def day(visitor: Guest, rpps: Rpps) -> Response:
    """Who asks, who comes, what is open."""
    check(visitor, rpps)
    found = await today.day_of(visitor.desk.house, rpps)
    return _tab(visitor, rpps, "jour", day=found, zone_of=found.zone)


@router.get(f"{AT}/{{rpps}}/live", dependencies=[A_STREAM])
async def live(visitor: Guest, request: Request, rpps: Rpps) -> StreamingResponse:
    """The same, whenever it is another."""
    check(visitor, rpps)
    house = visitor.desk.house
    member, _ = await today.member_of(house, rpps)
    view = today.view_of(rpps, frozenset(member.communities), visitor.language)

    async def make() -> bytes:
        return (await today.as_html(house, rpps, visitor.language)).encode()

    return pushed(request, visitor, view, make, today.NEEDS)


@router.get(f"{AT}/{{rpps}}/places")
async def places(visitor: Guest, rpps: Rpps) -> Response:
    """Opening places: today's in three taps, every week's, a vacation."""
    check(visitor, rpps)
    house = visitor.desk.house
    found = await today.day_of(house, rpps)
    member = found.member
    work = await today.work_place(house, rpps)
    now = house.clock.now()
    evening = datetime.combine(now.astimezone(found.zone).date(), _EVENING, found.zone)
    starts = _every_consultation(now + timedelta(minutes=CONSULTATION_MINUTES), evening)
    tomorrow = evening - timedelta(hours=12) + timedelta(days=1)
    return _tab(
        visitor,
        rpps,
        "places",
        day=found,
        zone_of=found.zone,
        work=work,
        starts=starts,
        tomorrow=_every_consultation(tomorrow, tomorrow + timedelta(hours=11)),
        communes=await communes_of(house, frozenset(member.communities)),
        key=uuid4(),
        vacations=sorted(one for one in member.vacations if one[1] > now),
        a_moment=timedelta(minutes=1),
    )


_EVENING = time(20)


def _every_consultation(since: datetime, until: datetime) -> list[datetime]:
    """Times that follow one another without overlapping, on the hour."""
    length = timedelta(minutes=CONSULTATION_MINUTES)
    whole = since.replace(minute=0, second=0, microsecond=0)
    first = whole + -((whole - since) // length) * length
    return [first + nth * length for nth in range(max((until - first) // length, 0))]


@router.get(f"{AT}/{{rpps}}/accord")
async def consent(visitor: Guest, rpps: Rpps) -> Response:
    """To whom, how many, which patients."""
    check(visitor, rpps)
    member, paused = await today.member_of(visitor.desk.house, rpps)
    return _tab(visitor, rpps, "accord", member=member, paused=paused, zone_of=PARIS)


@router.get(f"{AT}/{{rpps}}/pourquoi")
async def why_not_me(visitor: Guest, rpps: Rpps) -> Response:
    """Why patients of the last day went to others."""
    check(visitor, rpps)
    house = visitor.desk.house
    member, _ = await today.member_of(house, rpps)
    zone = await today.zone_of(house, member)
    communities = frozenset(member.communities)
    told = await decisions(house, rpps, communities, zone, visitor.language)
    return _tab(visitor, rpps, "pourquoi", decisions=told, zone_of=zone)


def _tab(visitor: Visitor, rpps: str, tab: str, **what: Any) -> Response:
    return page(
        visitor, f"cabinet/{tab}.html", rpps=rpps, mine=_mine(visitor), tab=tab, tabs=_TABS, **what
    )


def _mine(visitor: Visitor) -> list[str]:
    return sorted({one.rpps for one in visitor.capacities(Look.OFFERS) if one.rpps})


def check(visitor: Visitor, rpps: str) -> None:
    """Raises NotAllowed for whose it is not."""
    permitted(visitor.principal, Look.OFFERS, Scope(rpps=rpps))
