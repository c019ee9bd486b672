"""Coming in and going out: a secret of an account here, or the provider people sign in with."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from domain.decider import Refused
from services.access.signed import SignedIn
from services.access.tokens import InvalidToken
from services.api.desk import AtDesk, Desk, where_from
from services.api.problems import status_of
from services.api.sign_in import account_with
from services.console.forms import form_of
from services.console.frame import PREFIX, STATIC, outside
from services.console.languages import LANGUAGES
from services.console.refusals import why_refused
from services.console.visitors import (
    PAGES,
    SESSION,
    Guest,
    NotSignedIn,
    check_from_here,
    keep_language,
    language_of,
)

router = APIRouter(include_in_schema=False)


class Assets(StaticFiles):
    """Our scripts and styles: kept by a browser, which asks each time whether they changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "no-cache"  # after an upgrade, pages and scripts agree
        return answer


def assets() -> Assets:
    """To be mounted."""
    return Assets(directory=STATIC)


@router.get(PREFIX)
async def home(visitor: Guest) -> Response:
    """The first console of theirs."""
    consoles = visitor.consoles
    if consoles:
        return RedirectResponse(f"{PREFIX}/{consoles[0]}", 303)
    return outside(visitor.language, "nobody.html", visitor.desk.house.settings, 403)


@router.get(f"{PREFIX}/sign-in")
async def door(
    request: Request, desk: AtDesk, back: Annotated[str, Query(alias="next", max_length=1000)] = ""
) -> Response:
    """Where one comes in."""
    return _door(request, desk, back)


@router.post(f"{PREFIX}/sign-in")
async def enter(request: Request, desk: AtDesk) -> Response:
    """With an account's secret."""
    check_from_here(request)
    desk.knocks(where_from(request))
    form = await form_of(request)
    back = form.get("next", "")
    try:
        account_id = await account_with(
            desk, form.get("account", "").strip(), form.get("secret", "").strip()
        )
    except Refused as wrong:
        return _door(request, desk, back, told=why_refused(wrong, language_of(request)))
    return PAGES.let_in(request, desk, SignedIn(account_id), _here(back))


@router.get(f"{PREFIX}/provider")
async def leave(
    request: Request, desk: AtDesk, back: Annotated[str, Query(alias="next", max_length=1000)] = ""
) -> Response:
    """To the provider's page."""
    return PAGES.leave(request, desk, next=back)


@router.get(f"{PREFIX}/signed-in")
async def come_back(
    request: Request,
    desk: AtDesk,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """From the provider's page."""
    desk.knocks(where_from(request))
    try:
        signed, remembered = await PAGES.come_back(request, desk, code, state)
    except InvalidToken as wrong:
        return _door(request, desk, "", told=why_refused(wrong, language_of(request)))
    return PAGES.let_in(request, desk, signed, _here(remembered["next"]))


@router.post(f"{PREFIX}/sign-out")
async def go(request: Request) -> Response:
    """The browser forgets who it was."""
    check_from_here(request)
    answer = RedirectResponse(f"{PREFIX}/sign-in", 303)
    answer.delete_cookie(SESSION, path=PREFIX)
    return answer


@router.post(f"{PREFIX}/language/{{language}}")
async def choose(request: Request, language: str) -> Response:
    """French or English, from now on."""
    check_from_here(request)
    answer = RedirectResponse(_here((await form_of(request)).get("next", "")), 303)
    for known in LANGUAGES:
        if known == language:
            keep_language(request, answer, known)
    return answer


def refused(request: Request, error: Refused) -> Response:
    """Why not, on a page or in a part of one."""
    language = language_of(request)
    told = why_refused(error, language)
    in_part = "hx-request" in request.headers
    listening = "text/event-stream" in request.headers.get("accept", "")
    if isinstance(error, NotSignedIn) and listening:
        return Response(told, 401, media_type="text/plain")  # then the page itself is asked for
    if isinstance(error, NotSignedIn):
        back = request.headers.get("hx-current-url", "") if in_part else str(request.url)
        where = f"{PREFIX}/sign-in?next={quote(_path_of(back))}"
        if in_part:
            return Response(told, 401, {"HX-Redirect": where}, media_type="text/plain")
        return RedirectResponse(where, 303)
    status = status_of(error.code)
    if in_part:
        return Response(told, status, media_type="text/plain")
    settings = request.app.state.desk.house.settings
    return outside(language, "told.html", settings, status, told=told)


def _door(request: Request, desk: Desk, back: str, told: str | None = None) -> Response:
    providers = [one for one in desk.house.settings.oidc_providers if one.authorize_url]
    return outside(
        language_of(request),
        "sign_in.html",
        desk.house.settings,
        401 if told else 200,
        back=_here(back),
        told=told,
        provider=bool(providers),
    )


def _here(back: str) -> str:
    """A page of ours, whatever was asked: nobody is sent elsewhere from here."""
    ours = back == PREFIX or back.startswith((f"{PREFIX}/", f"{PREFIX}?"))
    return back if ours and "\\" not in back and not any(map(str.isspace, back)) else PREFIX


def _path_of(url: str) -> str:
    """What of an address is ours."""
    _, found, rest = url.partition(PREFIX)
    return f"{PREFIX}{rest}" if found else ""
