"""Indicators as cards: the figure, what it is of, its target, its trend; breakdowns as bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from projections.indicators.definitions import Definition, Theme
from projections.indicators.periods import Period, month_of
from projections.indicators.questions import Asked
from projections.indicators.readers import Reader
from projections.indicators.scope import Scope
from projections.indicators.values import theme_name
from services.console.languages import Language
from services.reports import wording
from services.reports.asking import Ask, Report, report
from services.reports.lines import Line, lines

if TYPE_CHECKING:
    from domain.community import Formed
    from services.app import House

_TREND_MONTHS = 6
_MOST_PARTS = 12
FUNNEL = ("offers_sent", "offers_delivered_rate", "offers_seen_rate", "acceptance_rate")


@dataclass(frozen=True)
class Bar:
    """A part of a breakdown."""

    name: str
    count: int
    share: float  # of the largest part, 0 to 1


@dataclass(frozen=True)
class Card:
    """A figure, and all one needs to judge it."""

    code: str
    name: str
    value: str
    of: str
    target: str
    reached: bool | None
    formula: str
    numerator: str
    denominator: str
    basis: str
    trend: Sequence[float | None]  # the months up to this one, the last one last
    bars: Sequence[Bar]

    @property
    def points(self) -> str:
        """The trend as a line in a box of 100 by 24; nothing with fewer than two months."""
        known = [one for one in self.trend if one is not None]
        if len(known) < 2:  # noqa: PLR2004 a line has two ends
            return ""
        low, high = min(known), max(known)
        wide = (high - low) or 1.0
        step = 100 / (len(self.trend) - 1)
        return " ".join(
            f"{nth * step:.1f},{22 - 20 * (value - low) / wide:.1f}"
            for nth, value in enumerate(self.trend)
            if value is not None
        )


@dataclass(frozen=True)
class Chapter:
    """Cards of one theme."""

    title: str
    cards: Sequence[Card]


@dataclass(frozen=True)
class Figures:
    """All of a period, for one reader."""

    period: Period
    chapters: Sequence[Chapter]
    months: Sequence[Period]  # to choose from

    @property
    def funnel(self) -> list[Card]:
        """From who was asked to who accepted."""
        cards = {card.code: card for chapter in self.chapters for card in chapter.cards}
        return [cards[code] for code in FUNNEL if code in cards]


async def figures_of(
    house: "House",
    finess: str,
    formed: "Formed",
    period: Period,
    reader: Reader,
    language: Language,
    today: date,
) -> Figures:
    """Raises what `report` raises: for ARS and CPAM, NotOverYet of what is not over."""
    ask = Ask(Asked(Scope(finess), period), reader=reader, zone=formed.zone, today=today)
    found = await report(house.pool, house.settings, ask)
    before = []
    for month in _months_before(period):
        earlier = replace(ask, asked=replace(ask.asked, period=month))
        before.append(_values(lines(await report(house.pool, house.settings, earlier), language)))
    told = lines(found, language)
    chapters = []
    for theme in Theme:
        mine = [line for line in told if line.theme == theme and not line.part]
        cards = [_card(found, before, line, told, language) for line in mine]
        if cards:
            chapters.append(Chapter(theme_name(theme, language), cards))
    return Figures(period, chapters, months_until(today))


async def by_commune(
    house: "House", finess: str, formed: "Formed", period: Period, today: date
) -> list[dict[str, Any]]:
    """Requests, and those without a solution, where people live: points on a map."""
    ask = Ask(
        Asked(Scope(finess), period),
        codes=("requests_by_commune", "unserved_by_commune"),
        zone=formed.zone,
        today=today,
    )
    told = lines(await report(house.pool, house.settings, ask), "fr")
    counts = {(one.code, one.part): int(one.value or 0) for one in told if one.part}
    return [
        {
            "title": one.title,
            "lat": one.position.lat,
            "lon": one.position.lon,
            "requests": counts.get(("requests_by_commune", one.insee), 0),
            "unserved": counts.get(("unserved_by_commune", one.insee), 0),
        }
        for one in formed.communes
    ]


def months_until(today: date, most: int = 13) -> list[Period]:
    """This month and those before, the newest first."""
    found = [month_of(today)]
    while len(found) < most:
        found.append(month_of(found[-1].begins - timedelta(days=1)))
    return found


def _months_before(period: Period) -> list[Period]:
    """Of a month, those that make a trend of it, the oldest first."""
    if not period.of_the_calendar or period.days > 31:  # noqa: PLR2004 a month
        return []
    found: list[Period] = []
    begins = period.begins
    while len(found) < _TREND_MONTHS - 1:
        found.insert(0, month_of(begins - timedelta(days=1)))
        begins = found[0].begins
    return found


def _card(
    found: Report,
    before: Sequence[Mapping[str, float | None]],
    line: Line,
    told: Sequence[Line],
    language: Language,
) -> Card:
    definition: Definition = found.definitions[line.code]
    parts = [one for one in told if one.code == line.code and one.part]
    parts.sort(key=lambda one: -(one.value or 0))
    largest = max((one.value or 0 for one in parts), default=0) or 1
    return Card(
        code=line.code,
        name=line.name,
        value=wording.value(line, language),
        of=wording.of_how_many(line, language),
        target=wording.target(line, language),
        reached=line.reached,
        formula=definition.formula.of(language),
        numerator=definition.numerator.of(language),
        denominator=definition.denominator.of(language) if definition.denominator else "",
        basis=definition.basis,
        trend=[*(values.get(line.code) for values in before), line.value],
        bars=[
            Bar(one.part_name, int(one.value or 0), (one.value or 0) / largest)
            for one in parts[:_MOST_PARTS]
        ],
    )


def _values(told: Sequence[Line]) -> dict[str, float | None]:
    """Of one month, by code; what is hidden is not told."""
    return {one.code: one.value for one in told if not one.part and not one.hidden}
