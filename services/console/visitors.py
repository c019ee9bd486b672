"""Who is at a console: by the session their browser keeps, and nobody else's page in their name."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import Response

from domain.decider import Refused
from events.roles import Role
from services.access.permissions import TABLE, Action, Capacity, Principal
from services.access.signed import SignedIn
from services.access.tokens import InvalidToken
from services.api.browsers import Pages
from services.api.desk import AtDesk, Desk
from services.console.frame import PREFIX
from services.console.languages import Language, said

SESSION, LANGUAGE = "snp_console", "snp_language"
PAGES = Pages(PREFIX, SESSION, "snp_console_sign_in")
_A_YEAR = 365 * 24 * 3600

HOMES = {
    "regulation": {Role.REGULATOR, Role.TRIAGE_NURSE},
    "cabinet": {Role.PRACTITIONER, Role.DELEGATE, Role.STRUCTURE_MANAGER},
    "territoire": {Role.COORDINATOR},
    "tutelle": {Role.AUTHORITY},
}
"""Which console is whose, by the last part of its address."""


class NotSignedIn(Refused):
    """Your session is over, or was not begun: sign in."""

    code = "not_signed_in"


class FromElsewhere(Refused):
    """This was sent by another site's page: nothing was done. Open the console itself."""

    code = "from_elsewhere"


@dataclass(frozen=True)
class Visitor:
    """Somebody who came in, and how they read."""

    principal: Principal
    language: Language
    desk: Desk
    looks_at: str = ""  # the page that asks for a part of itself

    @property
    def consoles(self) -> list[str]:
        """Those they may use."""
        roles = {one.role for one in self.principal.capacities}
        return [name for name, whose in HOMES.items() if roles & whose]

    def said(self, sentence: str) -> str:
        """In their language."""
        return said(sentence, self.language)

    def capacities(self, action: Action) -> list[Capacity]:
        """As what they may do that, wherever."""
        return [one for one in self.principal.capacities if one.role in TABLE[action]]

    def communities(self, action: Action) -> frozenset[str] | None:
        """Where they may do that; None: everywhere."""
        able = self.capacities(action)
        if any(one.communities is None for one in able):
            return None
        return frozenset().union(*(one.communities or () for one in able))


async def visitor(request: Request, desk: AtDesk) -> Visitor:
    """Raises NotSignedIn, and FromElsewhere for what another site's page sends."""
    check_from_here(request)
    try:
        signed: SignedIn = desk.tokens.session(request.cookies.get(SESSION, ""))
        principal = await desk.who_signed_in(signed)
    except InvalidToken as unknown:
        raise NotSignedIn from unknown
    looks_at = urlsplit(request.headers.get("hx-current-url", "")).path
    return Visitor(principal, language_of(request), desk, looks_at)


Guest = Annotated[Visitor, Depends(visitor)]


def check_from_here(request: Request) -> None:
    """Raises FromElsewhere: a cookie goes along with whatever a browser is made to send."""
    if request.method in {"GET", "HEAD"}:
        return
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        allowed = fetched in {"same-origin", "none"}
    else:
        allowed = urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host")
    if not allowed:
        raise FromElsewhere


def language_of(request: Request) -> Language:
    """As they chose; else as their browser asks: English where that comes before French."""
    chosen = request.cookies.get(LANGUAGE)
    if chosen in {"fr", "en"}:
        return "en" if chosen == "en" else "fr"
    wanted = request.headers.get("accept-language", "fr").lower()
    english, french = wanted.find("en"), wanted.find("fr")
    return "en" if english >= 0 and (french < 0 or english < french) else "fr"


def keep_language(request: Request, answer: Response, language: Language) -> None:
    """For a year."""
    PAGES.keep(request, answer, LANGUAGE, language, _A_YEAR)
