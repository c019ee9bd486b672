"""Days made up for a real territory: who calls, and which places are opened. By seed, the same.

Numbers: DOMAIN of the design, §8. What it marks as background, nobody has published.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import cos, exp, radians
from random import Random

from events.codes import Mode, Profession
from events.place import Commune
from services.calendar import holidays_in, school_holidays_in
from services.dispatch.prior import CALLS_BY_HOUR, CLOSES, OPENS
from services.simulator.day import MOTIVES, ZONE, asked, modes_of
from services.simulator.scenario import Scenario, ScenarioMember, ScenarioRequest, ScenarioSlot
from services.simulator.territory import Town

OSNP_A_DAY = 23 / 100_000  # sent to unscheduled care, an inhabitant and a day
WEEKDAYS_FOR_A_WEEK = 7 / 5.5  # a whole week's are seen in so many days

# Background: nobody has published these.
BY_WEEKDAY = (1.20, 1.0, 0.98, 0.95, 1.07, 0.8)  # Monday first; of half a Saturday
AFTER_A_HOLIDAY = 1.25
WINTER_MONTHS, WINTER = (12, 1, 2), 1.2
AUGUST, AUGUST_DEMAND, AUGUST_SUPPLY = 8, 0.9, 0.6

CHILD = 15  # under that age
CHILDREN_IN_SCHOOL_HOLIDAYS = 0.77  # fewer call in these weeks (SOS Médecins)
INFECTIONS = ("M03.14", "M03.12", "M03.21")  # fever, breathing, digestive: what an epidemic brings
NO_SHOW = 0.054  # of patients a practice does not know
ACCEPTED = (0.17, 0.47)  # of demands beyond the agenda, from one practice to the other
SATURDAY, SUNDAY = 5, 6
SATURDAY_CLOSES = time(12)

PUBLISHED_BEFORE_OPENING = (0.4, 0.8)  # of a practice's places, from one to the other
BEFORE_OPENING = timedelta(minutes=30)
LAST_NOTICE = timedelta(minutes=30)
CONSULTATION = timedelta(minutes=20)
PLACES_A_PRACTICE = 4.0  # on a day on which it opens any
OPENS_ANY = 0.6  # of practices, on a day
HOURS_AROUND = 2.0  # standard deviation of a practice's places about its hour
DEGREES_A_KM = 1 / 111.2
KM_FOR_1000 = 0.35  # radius of a commune of a thousand; it grows as the root of its people


@dataclass(frozen=True)
class Wanted:
    """How much is asked and offered, on average weekdays."""

    requests: float | None = None  # None: by the population
    supply: float = 1.0  # places a request
    epidemic: float = 1.0  # times the infections of a usual week


def requests_a_day(town: Town, wanted: Wanted) -> float:
    """Of an average weekday."""
    by_population = town.population * OSNP_A_DAY * WEEKDAYS_FOR_A_WEEK
    return by_population if wanted.requests is None else wanted.requests


@dataclass(frozen=True)
class _Practice:
    """How somebody opens places: the same all year."""

    title: str
    profession: Profession
    lat: float
    lon: float
    modes: tuple[Mode, ...]
    radius_km: float | None
    hour: float  # about which they lie
    early: float  # how often they are opened before the day begins
    accepts: float  # how often they see a patient beyond them who are asked


class Generator:
    """Days of one town: of the same arguments the same days."""

    def __init__(self, town: Town, wanted: Wanted, seed: int) -> None:
        self._town = town
        self._wanted = wanted
        self._seed = f"{seed} {town.epci}"
        random = Random(self._seed)
        self.requests_a_day = requests_a_day(town, wanted)
        self._people = [commune.population for commune in town.communes]
        self._by_hour = [share * random.uniform(0.7, 1.4) for share in CALLS_BY_HOUR]
        self.places_a_day = self.requests_a_day * wanted.supply
        practices = max(1, round(self.places_a_day / PLACES_A_PRACTICE / OPENS_ANY))
        self._practices = [self._practice(nth, random) for nth in range(practices)]
        self._places_each = self.places_a_day / OPENS_ANY / practices

    def day(self, day: date) -> Scenario:
        """That day; on Sundays and holidays nobody calls: they are the out-of-hours doctors'."""
        random = Random(f"{self._seed} {day}")
        closes = SATURDAY_CLOSES if day.weekday() == SATURDAY else CLOSES
        open_at_all = not is_off(day, self._town.departement)
        return Scenario(
            format="snp-scenario/1",
            community=self._town.title,
            opens=datetime.combine(day, OPENS, ZONE),
            closes=datetime.combine(day, closes, ZONE),
            slots=tuple(self._slots(day, closes, random)) if open_at_all else (),
            requests=tuple(self._requests(day, closes, random)) if open_at_all else (),
            members=tuple(self._members()) if open_at_all else (),
        )

    def _members(self) -> Iterator[ScenarioMember]:
        for practice in self._practices:
            yield ScenarioMember(
                practitioner=practice.title,
                profession=practice.profession,
                modes=practice.modes,
                lat=practice.lat,
                lon=practice.lon,
                radius_km=practice.radius_km,
                accepts=practice.accepts,
            )

    def _requests(self, day: date, closes: time, random: Random) -> Iterator[ScenarioRequest]:
        town, epidemic = self._town, self._wanted.epidemic
        # Lots of their own: what they decide, nobody's choice does, and no other lot moves by it.
        afterwards = Random(f"{self._seed} {day} attends")
        school_is_out = day in school_holidays_in(town.departement, day.year)
        motives = {m: n * (epidemic if m in INFECTIONS else 1.0) for m, n in MOTIVES.items()}
        more = sum(motives.values()) / sum(MOTIVES.values())
        expected = self.requests_a_day * more * demand_on(day, town.departement)
        for nth, at in enumerate(self._calls(day, closes, expected, random)):
            (commune,) = random.choices(town.communes, self._people)
            request = asked(at, commune, random, motives)
            age, delay = request.patient.age, request.delay
            stays_well = random.random() > CHILDREN_IN_SCHOOL_HOLIDAYS
            lat, lon = _home_in(commune, random)
            attends = afterwards.random() >= NO_SHOW
            if delay is None or (school_is_out and stays_well and age is not None and age < CHILD):
                continue
            yield ScenarioRequest(
                id=f"request {day} {nth:04}",
                received_at=at,
                due_by=at + delay.longest,
                professions=request.professions,
                modes=request.modes,
                lat=lat,
                lon=lon,
                max_km=request.max_km,
                attends=attends,
            )

    def _calls(self, day: date, closes: time, expected: float, random: Random) -> list[datetime]:
        """When they call, in order: independent of each other, by the hours of the town."""
        hours = range(OPENS.hour, closes.hour)
        weights = self._by_hour[: len(hours)]
        number = _poisson(expected * sum(weights) / sum(self._by_hour), random)
        found = []
        for hour in random.choices(hours, weights, k=number):
            second = random.randrange(3600)
            found.append(datetime.combine(day, time(hour), ZONE) + timedelta(seconds=second))
        return sorted(found)

    def _slots(self, day: date, closes: time, random: Random) -> Iterator[ScenarioSlot]:
        opening = datetime.combine(day, OPENS, ZONE)
        last = int((datetime.combine(day, closes, ZONE) - opening) / CONSULTATION)
        expected = self._places_each * (AUGUST_SUPPLY if day.month == AUGUST else 1.0)
        for practice in self._practices:
            if random.random() > OPENS_ANY:
                continue
            for nth in _turns(practice.hour, _poisson(expected, random), last, random):
                start = opening + nth * CONSULTATION
                published = opening - BEFORE_OPENING
                latest = start - LAST_NOTICE
                if random.random() > practice.early and latest > opening:
                    published = opening + (latest - opening) * random.random()
                yield ScenarioSlot(
                    id=f"slot {day} {practice.title} {nth:02}",
                    practitioner=practice.title,
                    profession=practice.profession,
                    start=start,
                    end=start + CONSULTATION,
                    modes=practice.modes,
                    lat=practice.lat,
                    lon=practice.lon,
                    radius_km=practice.radius_km,
                    published_at=published.replace(microsecond=0),
                )

    def _practice(self, nth: int, random: Random) -> _Practice:
        (commune,) = random.choices(self._town.communes, [p**1.1 for p in self._people])
        lat, lon = _home_in(commune, random)
        modes, radius_km = modes_of(Profession.DOCTOR, random)
        return _Practice(
            title=f"practice {nth:03}",
            profession=Profession.DOCTOR,
            lat=lat,
            lon=lon,
            modes=modes,
            radius_km=radius_km,
            hour=random.uniform(OPENS.hour + 0.5, CLOSES.hour - 1),
            early=random.uniform(*PUBLISHED_BEFORE_OPENING),
            accepts=round(Random(f"{self._seed} {nth} accepts").uniform(*ACCEPTED), 2),
        )


def is_off(day: date, departement: str) -> bool:
    """Sundays and public holidays: the out-of-hours doctors'."""
    return day.weekday() == SUNDAY or day in holidays_in(departement, frozenset({day.year}))


def demand_on(day: date, departement: str) -> float:
    """How many call, times an average weekday's."""
    if is_off(day, departement):
        return 0.0
    factor = BY_WEEKDAY[day.weekday()]
    if day - timedelta(days=1) in holidays_in(departement, frozenset({day.year, day.year - 1})):
        factor *= AFTER_A_HOLIDAY
    if day.month in WINTER_MONTHS:
        factor *= WINTER
    return factor * (AUGUST_DEMAND if day.month == AUGUST else 1.0)


def _turns(hour: float, number: int, last: int, random: Random) -> list[int]:
    """So many consultations about that hour, as numbers from the opening on, no two at once."""
    turns_an_hour = timedelta(hours=1) / CONSULTATION
    free = {
        turn: exp(-0.5 * (((turn + 0.5) / turns_an_hour + OPENS.hour - hour) / HOURS_AROUND) ** 2)
        for turn in range(last)
    }
    chosen = []
    for _ in range(min(number, last)):
        (turn,) = random.choices(list(free), list(free.values()))
        del free[turn]
        chosen.append(turn)
    return sorted(chosen)


def _poisson(expected: float, random: Random) -> int:
    """How many happen in a time in which so many are expected."""
    number, passed = 0, random.expovariate(1.0)
    while passed < expected:
        number += 1
        passed += random.expovariate(1.0)
    return number


def _home_in(commune: Commune, random: Random) -> tuple[float, float]:
    """About the centre of the commune, the farther the more people it has."""
    degrees = KM_FOR_1000 * (max(commune.population, 1) / 1000) ** 0.5 * DEGREES_A_KM
    lat, lon = commune.position.lat, commune.position.lon
    return (
        round(random.gauss(lat, degrees), 4),
        round(random.gauss(lon, degrees / cos(radians(lat))), 4),
    )
