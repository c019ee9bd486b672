"""Of practitioners: their slots and offers. Of communities: what they agreed, and their figures."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from domain import community as communities
from domain.community import CommunityNotFormed, Formed
from domain.decider import Refused
from domain.ladder import USUAL
from events import streams
from events.roles import Role
from projections import availability, offers
from projections.indicators.definitions import catalogue
from projections.indicators.periods import NotAPeriod, Period, month_of, period_of
from projections.indicators.questions import Asked, breakdowns
from projections.indicators.readers import Reader
from projections.indicators.scope import Scope as Over
from services.access.gate import permitted
from services.access.permissions import Look, Scope
from services.api import reading
from services.api.desk import AtDesk, Desk, Who
from services.api.doors import PATTERNS
from services.api.requests import At
from services.api.telling import RESPONSES
from services.projector.queries import rows
from services.reports.asking import Ask, report
from services.reports.lines import lines

router = APIRouter(tags=["members"], responses=RESPONSES)

RppsPath = Annotated[str, Path(pattern=PATTERNS["rpps"])]
FinessPath = Annotated[str, Path(pattern=PATTERNS["finess"])]
Limit = Annotated[int, Query(ge=1, le=1000)]
OfferState = Literal["pending", "deferred", "proposed", "accepted", "refused", "lapsed"]


class PeriodUnknown(Refused):
    """A period is written 2026-11, 2026-Q4, 2026-W48, 2026, or 2026-03-01/2027-02-28."""

    code = "invalid_value"


class IndicatorUnknown(Refused):
    """There is no such indicator: without `only`, all of them are answered."""

    code = "unknown_indicator"


class BreakdownUnknown(Refused):
    """Figures are not broken down by that."""

    code = "unknown_breakdown"


def period_named(text: str | None) -> Period | None:
    """None where none is named. Raises PeriodUnknown."""
    if not text:
        return None
    try:
        return period_of(text)
    except NotAPeriod as unknown:
        raise PeriodUnknown(text) from unknown


@router.get("/v1/practitioners/{rpps}/slots")
async def slots(rpps: RppsPath, desk: AtDesk, who: Who, limit: Limit = 500) -> Response:
    """Their slots to come, the earliest first, with who has places: as many as there are."""
    permitted(who, Look.SLOTS, Scope(rpps=rpps))
    now = desk.house.clock.now()
    query = availability.slots_to_come(rpps=rpps).limit(limit)
    return reading.Json({"at": now, "slots": await rows(desk.house.pool, query, at=now)})


@router.get("/v1/practitioners/{rpps}/offers")
async def offered(
    rpps: RppsPath, desk: AtDesk, who: Who, state: OfferState | None = None, limit: Limit = 200
) -> Response:
    """What they were asked, what waits for an answer first: never who the patient is."""
    permitted(who, Look.OFFERS, Scope(rpps=rpps))
    query = offers.asked(rpps=rpps, state=state).limit(limit)
    found = await rows(desk.house.pool, query)
    return reading.Json({"at": desk.house.clock.now(), "offers": found})


@router.get("/v1/communities/{finess}")
async def community(finess: FinessPath, desk: AtDesk, who: Who) -> Response:
    """What it serves and agreed to: ladder, neighbours, hours, weights, protocols, crisis."""
    permitted(who, Look.AGREEMENTS, Scope(frozenset({finess})))
    formed = await _formed(desk, finess)
    crisis = formed.crisis
    return reading.Json(
        {
            "finess": finess,
            "title": formed.title,
            "departement": formed.departement,
            "zone": formed.zone,
            "communes": [one.model_dump(mode="json") for one in formed.communes],
            "ladder": (formed.ladder or USUAL).model_dump(mode="json"),
            "neighbours": formed.neighbours,
            "weights": formed.weights.model_dump(mode="json"),
            "crisis": crisis and {"title": crisis.title},
        }
    )


@router.get("/v1/communities/{finess}/indicators")
async def indicators(
    finess: FinessPath,
    desk: AtDesk,
    who: Who,
    period: Annotated[str | None, Query(max_length=40, description="2026-11; this month")] = None,
    only: Annotated[str | None, Query(max_length=400, description="Codes, with commas")] = None,
    by: Annotated[
        str | None,
        Query(max_length=40, description="A line each: profession, commune, half_day, …"),
    ] = None,
    lang: Literal["fr", "en"] = "fr",
    at: At = None,
) -> Response:
    """Figures of a period, with numerator, denominator and target; small cells hidden for ARS."""
    capacity = permitted(who, Look.INDICATORS, Scope(frozenset({finess})))
    zone = ZoneInfo((await _formed(desk, finess)).zone)
    today = desk.house.clock.now().astimezone(zone).date()
    meant = period_named(period) or month_of(today)
    codes = tuple(only.split(",")) if only else ()
    if not set(codes) <= set(catalogue()):
        raise IndicatorUnknown
    if by is not None and by not in breakdowns():
        raise BreakdownUnknown(f"{by}: there are {', '.join(breakdowns())}")
    ask = Ask(
        Asked(Over(finess), meant, by),
        reader=Reader.ARS if capacity.role is Role.AUTHORITY else Reader.COORDINATOR,
        codes=codes,
        at=at,
        own_time=desk.own_time,
        zone=zone.key,
        today=today,
    )
    found = await report(desk.house.pool, desk.house.settings, ask)
    told: list[Any] = lines(found, lang)
    return reading.Json(
        {"position": found.position, "period": f"{meant.begins}/{meant.ends}", "figures": told}
    )


async def _formed(desk: Desk, finess: str) -> Formed:
    state = await desk.house.log.state(communities.decider, streams.community(finess))
    if not isinstance(state, Formed):
        raise CommunityNotFormed(finess)
    return state
