"""What-if, played by a process of its own: it takes seconds of computing, and blocks nobody."""

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from domain.decider import Refused
from events.place import Commune
from services.api.limits import TooMany
from services.console.forms import number
from services.console.languages import Language
from services.console.refusals import FieldsWrong
from services.reports.reasons import Words

if TYPE_CHECKING:
    from services.app import House

_SECONDS = 300.0
_AT_ONCE = asyncio.Semaphore(1)  # of this process: a second one waits its turn…
_ASKED_FOR = asyncio.Semaphore(3)  # …and no more than so many are asked for
_HEADINGS = "weekday,start,end,places,commune,mode,profession"
_LABELS = {
    "served": Words("demandes servies (%)", "served (%)"),
    "within_two_hours": Words("dont à voir sous 2 h (%)", "of those due within 2 h (%)"),
    "delay_minutes": Words("de l'appel à la visite, médiane (min)", "call to visit, median (min)"),
    "distance_km": Words("trajet du patient, moyen (km)", "patient's way, mean (km)"),
    "handed_back": Words("sans place, par jour", "without a place, a day"),
    "asked": Words("membres sollicités, par jour", "members asked, a day"),
    "loss": Words("perte par demande", "loss a request"),
    "inequality": Words("inégalité (Gini)", "inequality (Gini)"),
}


class NothingToPlay(Refused):
    """Nobody called in these days, or they are too many: choose others, 31 at most."""

    code = "nothing_to_play"


class TookTooLong(Refused):
    """Playing these days again took too long, or failed: choose fewer of them."""

    code = "took_too_long"


@dataclass(frozen=True)
class Compared:
    """A figure as it went, as it is played today, and otherwise; the difference with its bounds."""

    label: str
    went: float | None
    played: float | None
    what_if: float | None
    difference: float | None
    low: float | None
    high: float | None

    @property
    def sure(self) -> bool:
        """Whether it is more than chance."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True)
class Answer:
    """The table and its charts."""

    days: int
    requests: int
    figures: Sequence[Compared]
    charts: Sequence[str]  # SVG


async def played(
    house: "House",
    finess: str,
    first: date,
    last: date,
    language: Language,
    *,
    fairness: float | None = None,
    places: Sequence[str] = (),
) -> Answer:
    """`snp what-if` over these days. Raises NothingToPlay, TookTooLong, TooMany."""
    if _ASKED_FOR.locked():
        raise TooMany
    with tempfile.TemporaryDirectory(prefix="snp-what-if-") as folder:
        page = Path(folder) / "page.html"
        said = [
            "what-if",
            finess,
            "--from",
            str(first),
            "--to",
            str(last),
            "--html",
            str(page),
            "--json",
        ]
        if fairness is not None:
            said += ["--fairness", str(fairness)]
        if places:
            file = Path(folder) / "places.csv"
            file.write_text("\n".join([_HEADINGS, *places]) + "\n", encoding="utf-8")
            said += ["--add-slots", str(file)]
        async with _ASKED_FOR, _AT_ONCE:
            told = await _told(house, said)
        charts = re.findall(r"<figure>(<svg.*?</svg>)</figure>", page.read_text("utf-8"), re.DOTALL)
    return Answer(
        days=len(told["days"]),
        requests=told["requests"],
        figures=[_compared(name, one, language) for name, one in told["figures"].items()],
        charts=charts,
    )


async def _told(house: "House", said: Sequence[str]) -> dict[str, Any]:
    environment = os.environ | {
        "SNP_DATABASE_URL": house.addresses.database_url,
        "SNP_NATS_URL": house.addresses.nats_url,
        "SNP_STATE": str(house.settings.state),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services", *said),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            out, _ = await process.communicate()
    except TimeoutError as endless:
        raise TookTooLong from endless
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        told: dict[str, Any] = orjson.loads(out.splitlines()[-1])
    except (IndexError, ValueError) as nothing:
        raise TookTooLong from nothing
    if process.returncode:
        raise NothingToPlay if told.get("error", {}).get("code") in _NOTHING else TookTooLong
    return told


_NOTHING = {"nothing_found", "usage"}


def line(form: Mapping[str, Any], communes: Sequence[Commune]) -> str:
    """Places more a week, as a line of the file. Raises FieldsWrong."""
    places, weekday = number(form, "places") or 0, number(form, "weekday") or 0
    try:
        start = time.fromisoformat(str(form.get("start", ""))[:5])
        end = time.fromisoformat(str(form.get("end", ""))[:5])
    except ValueError as wrong:
        raise FieldsWrong("start", "end") from wrong
    if not 1 <= weekday <= _DAYS_OF_A_WEEK:
        raise FieldsWrong("weekday")
    if not 1 <= places <= _MOST_PLACES:
        raise FieldsWrong("places")
    if end <= start:
        raise FieldsWrong("end")
    insee = str(form.get("commune", ""))
    if insee not in {one.insee for one in communes}:
        raise FieldsWrong("commune")
    return f"{weekday},{start:%H:%M},{end:%H:%M},{places},{insee},AMB,10"


_DAYS_OF_A_WEEK, _MOST_PLACES = 7, 100


def _compared(name: str, one: Mapping[str, Any], language: Language) -> Compared:
    label, change = _LABELS.get(name), one["difference"]
    return Compared(
        label.of(language) if label else name.replace("_", " "),
        one["went"],
        one["played"],
        one["what_if"],
        change["mean"],
        change["low"],
        change["high"],
    )
