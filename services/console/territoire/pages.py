"""What a coordinator looks at and agrees to, for one of their communities."""

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from events.roles import Role
from projections import availability
from projections.availability import Which
from projections.indicators.periods import month_of
from projections.indicators.readers import Reader
from services.access.gate import NotAllowed, permitted
from services.access.permissions import Look, Scope
from services.api import reading
from services.api.doors import PATTERNS
from services.api.members import period_named
from services.api.scopes import UnknownPath
from services.console.forms import day, fields_of, form_of, number
from services.console.frame import PREFIX, page
from services.console.pushing import A_STREAM, pushed
from services.console.refusals import FieldsWrong, why_refused
from services.console.telling import told_to
from services.console.territoire import figures, ladders, today, whatif
from services.console.territoire.days import today_of
from services.console.visitors import Guest, Visitor
from services.intake.directory import Known
from services.intake.rejections import UnknownCommunity
from services.messaging.subjects import Kind
from services.projector.queries import rows

AT = f"{PREFIX}/territoire"
router = APIRouter(include_in_schema=False)
Finess = Annotated[str, Path(pattern=PATTERNS["finess"])]
Ahead = Annotated[int, Query(ge=0, le=2)]
_TABS = ("jour", "indicateurs", "membres", "echelle", "et-si")
_MONTH = 40  # characters of a period
_MOST_FAIRNESS = 8


@router.get(AT)
async def territoire(visitor: Guest) -> Response:
    """Theirs; of several, the first."""
    mine = await _mine(visitor)
    if not mine:
        raise NotAllowed(Look.INDICATORS)
    return RedirectResponse(f"{AT}/{mine[0].finess}", 303)


@router.get(f"{AT}/{{finess}}")
async def day_now(visitor: Guest, finess: Finess, ahead: Ahead = 0) -> Response:
    """Places by hour, profession and place; today's flow; crisis."""
    known = await known_to(visitor, finess)
    found = await today.today_of(visitor.desk.house, finess, known.formed, ahead)
    return await _tab(visitor, known, "jour", day=found, ahead=ahead)


@router.get(f"{AT}/{{finess}}/live", dependencies=[A_STREAM])
async def live(
    visitor: Guest, request: Request, finess: Finess, ahead: Ahead = 0
) -> StreamingResponse:
    """The same, whenever it is another."""
    await known_to(visitor, finess)
    house = visitor.desk.house

    async def make() -> bytes:
        known = await house.directory.community(finess)
        if known is None:
            return b""
        told = await today.as_html(house, finess, known.formed, ahead, visitor.language)
        return told.encode()

    view = today.view_of(finess, ahead, visitor.language)
    return pushed(request, visitor, view, make, today.NEEDS)


@router.post(f"{AT}/{{finess}}/crisis")
async def crisis(visitor: Guest, request: Request, finess: Finess) -> Response:
    """Declared, or over."""
    known = await known_to(visitor, finess)
    form = await form_of(request)
    path = {"finess": finess}
    if form.get("over") == "yes":
        refused = await told_to(visitor, Kind.CRISIS_OVER, path, {})
        told = visitor.said("La crise est terminée : tout est comme avant.")
    else:
        title = form.get("title")
        if not title:
            raise FieldsWrong("title")
        refused = await told_to(visitor, Kind.CRISIS, path, {"title": title})
        told = visitor.said("Crise déclarée : les places réservées sont ouvertes.")
    if refused:
        return refused
    house = visitor.desk.house
    house.directory.look_again()
    known = await known_to(visitor, finess)
    found = await today.today_of(house, finess, known.formed, 0)
    answer = page(visitor, "territoire/day.html", day=found, ahead=0)
    answer.headers["X-Told"] = quote(told)
    return answer


@router.get(f"{AT}/{{finess}}/indicateurs")
async def indicators(
    visitor: Guest, finess: Finess, period: Annotated[str, Query(max_length=_MONTH)] = ""
) -> Response:
    """Cards, the funnel of offers, why it failed, who lives where."""
    known = await known_to(visitor, finess)
    now = today_of(visitor, known)
    meant = period_named(period) or month_of(now)
    found = await figures.figures_of(
        visitor.desk.house,
        finess,
        known.formed,
        meant,
        Reader.COORDINATOR,
        visitor.language,
        now,
    )
    return await _tab(visitor, known, "indicateurs", found=found, at=f"{AT}/{finess}/indicateurs")


@router.get(f"{AT}/{{finess}}/equite")
async def equity(
    visitor: Guest, finess: Finess, period: Annotated[str, Query(max_length=_MONTH)] = ""
) -> Response:
    """Points for the map of communes."""
    known = await known_to(visitor, finess)
    now = today_of(visitor, known)
    meant = period_named(period) or month_of(now)
    return reading.Json(
        await figures.by_commune(visitor.desk.house, finess, known.formed, meant, now)
    )


@router.get(f"{AT}/{{finess}}/membres")
async def members(visitor: Guest, finess: Finess) -> Response:
    """Who takes part, what they agree to, what they offer: nobody's patient is in it."""
    known = await known_to(visitor, finess)
    house = visitor.desk.house
    now = house.clock.now()
    who = await rows(house.pool, availability.members(finess))
    counts = availability.counted_by("practitioner", Which(community=finess))
    counted = await rows(house.pool, counts.query, **counts.given, at=now)
    places = {one["practitioner"]: one for one in counted}
    agreed = await rows(house.pool, availability.consents(finess))
    return await _tab(visitor, known, "membres", who=who, places=places, agreed=agreed)


@router.get(f"{AT}/{{finess}}/echelle")
async def ladder(visitor: Guest, finess: Finess) -> Response:
    """The ladder in force, as a form."""
    known = await known_to(visitor, finess)
    return await _tab(
        visitor,
        known,
        "echelle",
        ladder=ladders.in_force(known.formed, visitor.language),
        adopted=known.formed.ladder is not None,
        choices=ladders.choices(visitor.language),
        communes=known.formed.communes,
    )


@router.post(f"{AT}/{{finess}}/echelle/{{act}}")
async def change_ladder(visitor: Guest, request: Request, finess: Finess, act: str) -> Response:
    """A step more or fewer; tried; adopted."""
    known = await known_to(visitor, finess)
    form = await fields_of(request)
    given = ladders.read(form)
    if act == "edit":
        given = ladders.changed(given, (form.get("act") or [""])[-1])
        return page(
            visitor,
            "territoire/rules.html",
            ladder=given,
            finess=finess,
            choices=ladders.choices(visitor.language),
        )
    wanted = ladders.understood(given)
    if act == "preview":
        one = {name: values[-1] for name, values in form.items()}
        told = await ladders.preview(visitor.desk.house, known, wanted, one, visitor.language)
        zone = ZoneInfo(known.formed.zone)
        return page(visitor, "territoire/foretold.html", told=told, zone=zone)
    if act != "adopt":
        raise UnknownPath
    refused = await told_to(
        visitor, Kind.LADDER, {"finess": finess}, {"ladder": wanted.model_dump(mode="json")}
    )
    if refused:
        return refused
    answer = Response(status_code=204)
    said = visitor.said("Échelle adoptée : elle vaut pour les demandes dès maintenant.")
    answer.headers["X-Told"] = quote(said)
    return answer


@router.get(f"{AT}/{{finess}}/et-si")
async def what_if(visitor: Guest, finess: Finess) -> Response:
    """What something else would have changed."""
    known = await known_to(visitor, finess)
    now = today_of(visitor, known)
    return await _tab(
        visitor,
        known,
        "et-si",
        first=now - timedelta(days=7),
        last=now,
        communes=known.formed.communes,
    )


@router.post(f"{AT}/{{finess}}/et-si")
async def play(visitor: Guest, request: Request, finess: Finess) -> Response:
    """The days played again, and otherwise."""
    known = await known_to(visitor, finess)
    form = await form_of(request)
    places = []
    if number(form, "places"):
        places = [whatif.line(form, known.formed.communes)]
    fairness = str(form.get("fairness", "")).replace(",", ".")[:8]
    try:
        weight = float(fairness) if fairness else None
    except ValueError as wrong:
        raise FieldsWrong("fairness") from wrong
    if weight is not None and not 0 <= weight <= _MOST_FAIRNESS:
        raise FieldsWrong("fairness")
    first, last = day(form, "first"), day(form, "last")
    try:
        found = await whatif.played(
            visitor.desk.house,
            finess,
            first,
            last,
            visitor.language,
            fairness=weight,
            places=places,
        )
    except (whatif.NothingToPlay, whatif.TookTooLong) as nothing:
        told = why_refused(nothing, visitor.language)
        return page(visitor, "territoire/played.html", found=None, told=told)
    return page(visitor, "territoire/played.html", found=found, told="")


async def known_to(visitor: Visitor, finess: str) -> Known:
    """A community they coordinate. Raises NotAllowed, UnknownCommunity."""
    capacity = permitted(visitor.principal, Look.INDICATORS, Scope(frozenset({finess})))
    if capacity.role is Role.AUTHORITY and not _coordinates(visitor, finess):
        raise NotAllowed(Look.INDICATORS)
    known = await visitor.desk.house.directory.community(finess)
    if known is None:
        raise UnknownCommunity
    return known


def _coordinates(visitor: Visitor, finess: str) -> bool:
    return any(
        one.role is Role.COORDINATOR and (one.communities is None or finess in one.communities)
        for one in visitor.principal.capacities
    )


async def _mine(visitor: Visitor) -> list[Known]:
    """Those they coordinate."""
    return [
        one
        for one in await visitor.desk.house.directory.everyone()
        if _coordinates(visitor, one.finess)
    ]


async def _tab(visitor: Visitor, known: Known, tab: str, **what: Any) -> Response:
    return page(
        visitor,
        f"territoire/{tab}.html",
        finess=known.finess,
        title=known.formed.title,
        mine=await _mine(visitor),
        tab=tab,
        tabs=_TABS,
        **what,
    )
