"""What-if, played by a process of its own: it takes seconds of computing, and blocks nobody."""

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from domain.decider import Refused
from services.console.languages import Language
from services.reports.reasons import Words

if TYPE_CHECKING:
    from services.app import House

_SECONDS = 300.0
_AT_ONCE = asyncio.Semaphore(1)  # of this process: a second one waits its turn
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
    said: str
    figures: Sequence[Compared]
    charts: Sequence[str]  # SVG


async def played(
    house: "House",
    finess: str,
    first: str,
    last: str,
    language: Language,
    *,
    fairness: float | None = None,
    ladder: Mapping[str, Any] | None = None,
    places: Sequence[str] = (),
) -> Answer:
    """`snp what-if` over these days. Raises NothingToPlay."""
    with tempfile.TemporaryDirectory(prefix="snp-what-if-") as folder:
        page = Path(folder) / "page.html"
        said = ["what-if", finess, "--from", first, "--to", last, "--html", str(page), "--json"]
        if fairness is not None:
            said += ["--fairness", str(fairness)]
        if ladder is not None:
            file = Path(folder) / "ladder.json"
            file.write_bytes(orjson.dumps(ladder))
            said += ["--ladder", str(file)]
        if places:
            file = Path(folder) / "places.csv"
            file.write_text("\n".join([_HEADINGS, *places]) + "\n", encoding="utf-8")
            said += ["--add-slots", str(file)]
        async with _AT_ONCE:
            told = await _told(house, said)
        charts = re.findall(r"<figure>(<svg.*?</svg>)</figure>", page.read_text("utf-8"), re.DOTALL)
    return Answer(
        days=len(told["days"]),
        requests=told["requests"],
        said=told["what_if"],
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
        *("-m", "services.cli", *said),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            out, _ = await process.communicate()
    except TimeoutError as endless:
        raise NothingToPlay from endless
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise NothingToPlay
    told: dict[str, Any] = orjson.loads(out.splitlines()[-1])
    return told


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
