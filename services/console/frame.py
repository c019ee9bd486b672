"""What every page is made of: templates, escaped; what a browser may load; the language."""

from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import orjson
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.console import moments, words
from services.console.languages import Language, said
from services.reports import wording
from services.reports.because import clock, decimal
from services.settings import Settings

if TYPE_CHECKING:
    from services.console.visitors import Visitor

PREFIX = "/console"
STATIC = Path(__file__).parent / "static"
PARIS = ZoneInfo("Europe/Paris")


@cache
def _templates(language: Language) -> Environment:
    made = Environment(
        loader=PackageLoader("services.console", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        _=partial(said, language=language),
        lang=language,
        word=partial(words.word, language=language),
        codes=partial(words.codes, language=language),
        motive=words.motive,
        prefix=PREFIX,
        json=_json,
    )
    made.filters.update(
        hour=partial(_hour, language=language),
        when=partial(moments.when, language=language),
        lasting=moments.lasting,
        decimal=partial(_decimal, language=language),
        count=partial(wording.count, language=language),
    )
    return made


def rendered(name: str, language: Language, /, **what: Any) -> str:
    """A template as text."""
    return _templates(language).get_template(name).render(what)


def page(visitor: "Visitor", name: str, /, **what: Any) -> HTMLResponse:
    """A whole page, or a part of one, for that visitor."""
    now = visitor.desk.house.clock.now()
    text = rendered(name, visitor.language, visitor=visitor, now=now, **what)
    return HTMLResponse(text, headers=safe(visitor.desk.house.settings))


def outside(
    language: Language, name: str, settings: Settings, status: int, **what: Any
) -> HTMLResponse:
    """A page for who has not come in."""
    text = rendered(name, language, visitor=None, **what)
    return HTMLResponse(text, status, safe(settings))


def safe(settings: Settings) -> dict[str, str]:
    """Nothing from elsewhere but the map's tiles, nobody's frame, nothing kept by a browser."""
    tiles = ""
    if settings.map_tiles_url:
        where = urlsplit(settings.map_tiles_url)
        tiles = f" {where.scheme}://{where.netloc.replace('{s}', '*')}"
    return {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
        f" style-src-attr 'unsafe-inline'; img-src 'self' data:{tiles}; connect-src 'self';"
        " form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def _json(value: object) -> Markup:
    """For an attribute or a data block: never a tag in it."""
    text = orjson.dumps(value, default=str).decode()
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026").replace("'", "\\u0027"))  # noqa: S704 escaped


def _hour(at: datetime | None, zone: ZoneInfo, *, language: Language) -> str:
    return clock(at, zone, language) if at else ""


def _decimal(amount: float | None, digits: int = 1, *, language: Language) -> str:
    return "" if amount is None else decimal(amount, language, digits)
