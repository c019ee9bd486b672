"""A weekday: which slots are opened and when, who calls and why. The same for the same seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from events.codes import Delay, Mode, Priority, Profession, Sex
from events.place import Commune
from services.dispatch.prior import CALLS_BY_HOUR, CLOSES, OPENS, PUBLISHED_BEFORE_OPENING
from services.intake.messages import (
    CareRequest,
    CommunitySheet,
    Patient,
    PractitionerSheet,
    SlotOffer,
)
from services.messaging.subjects import Kind
from services.simulator.territory import Practice, Territory

ZONE = ZoneInfo("Europe/Paris")
# DREES and the SAMU studies of DOMAIN §8: under 13 years 22 %, 25 to 45 years 26 %.
AGES = (
    ((0, 12), 22),
    ((13, 24), 16),
    ((25, 45), 26),
    ((46, 64), 17),
    ((65, 79), 12),
    ((80, 97), 7),
)
MOTIVES = {
    "M03.14": 26,  # fever, infection
    "M03.22": 14,  # other pain
    "M03.21": 12,  # digestive trouble
    "M02.06": 10,  # minor wound
    "M03.20": 9,  # abdominal pain
    "M03.12": 7,  # discomfort in breathing
    "M06.02": 7,  # advice, certificate, prescription
    "M02.07": 6,  # more serious wound
    "M03.05": 5,  # uro-genital
    "M03.11": 4,  # headache
}
DELAYS = {Delay.HOURS_2: 20, Delay.HOURS_4: 30, Delay.HOURS_12: 25, Delay.HOURS_24: 25}
CONSULTATION = timedelta(minutes=20)

_FIRST_NAMES = ("Camille", "Jules", "Inès", "Malo", "Zoé", "Léon", "Nour", "Anna", "Sacha", "Élise")
_LAST_NAMES = ("Garnier", "Lefèbvre", "Moreau", "Da Silva", "Benali", "Roussel", "Petit", "Nguyen")


@dataclass(frozen=True)
class Happening:
    """A message somebody sends at an instant."""

    at: datetime
    community: str
    kind: Kind
    body: bytes


def beginnings(territory: Territory, at: datetime) -> Iterator[Happening]:
    """The community, then its practitioners."""
    community = territory.community
    yield _happening(at, community, Kind.COMMUNITY, community.finess, community)
    for practice in territory.practices:
        sheet = practice.sheet
        yield _happening(at, community, Kind.PRACTITIONER, sheet.rpps, sheet)


def slots(territory: Territory, day: date, seed: int) -> Iterator[Happening]:
    """What practitioners open for that day: some before it begins, the rest as they see it fit."""
    for practice in territory.practices:
        random = Random(f"{seed} {day} {practice.sheet.rpps}")
        for nth, offer in enumerate(_offers(practice, day, random)):
            opening = datetime.combine(day, OPENS, ZONE)
            published_at = opening - timedelta(minutes=30)
            if random.random() > PUBLISHED_BEFORE_OPENING:
                latest = max(opening, offer.start - timedelta(minutes=45))
                published_at = opening + (latest - opening) * random.random()
            name = f"{practice.sheet.rpps}-{day}-{nth}"
            yield _happening(published_at, territory.community, Kind.SLOT, name, offer)


def requests(
    territories: Sequence[Territory], day: date, count: int, seed: int
) -> Iterator[Happening]:
    """Who calls, spread over the territories by population and over the day by the hour."""
    random = Random(f"{seed} {day} requests")
    people = [sum(c.population for c in t.community.communes) for t in territories]
    for nth in range(count):
        (territory,) = random.choices(territories, people)
        (hour,) = random.choices(range(OPENS.hour, CLOSES.hour), CALLS_BY_HOUR)
        at = datetime.combine(day, time(hour), ZONE) + timedelta(seconds=random.randrange(3600))
        (commune,) = random.choices(
            territory.community.communes, [c.population for c in territory.community.communes]
        )
        request = asked(at, commune, random)
        yield _happening(at, territory.community, Kind.CARE_REQUEST, f"{seed}-{day}-{nth}", request)


def _offers(practice: Practice, day: date, random: Random) -> Iterator[SlotOffer]:
    """A handful of single slots, or a range with several places."""
    modes, radius = modes_of(practice.sheet.profession, random)
    if random.random() < 0.2:  # a range: whoever comes is seen in turn
        start = datetime.combine(day, time(random.choice((9, 10, 14, 15, 17))), ZONE)
        yield _offer(practice, start, timedelta(hours=2), modes, radius, random.randint(4, 8))
        return
    quarters = [hour * 60 + minute for hour in range(8, 20) for minute in (0, 20, 40)]
    for minutes in sorted(random.sample(quarters, random.randint(3, 7))):
        start = datetime.combine(day, time(minutes // 60, minutes % 60), ZONE)
        yield _offer(practice, start, CONSULTATION, modes, radius, 1)


def _offer(
    practice: Practice,
    start: datetime,
    length: timedelta,
    modes: tuple[Mode, ...],
    radius_km: float | None,
    capacity: int,
) -> SlotOffer:
    return SlotOffer(
        rpps=practice.sheet.rpps,
        place=practice.place,
        start=start,
        end=start + length,
        capacity=capacity,
        modes=modes,
        radius_km=radius_km,
    )


def modes_of(profession: Profession, random: Random) -> tuple[tuple[Mode, ...], float | None]:
    """How they see patients, and how far they go for home visits."""
    if profession is Profession.NURSE:
        return (Mode.HOME,), 12.0
    drawn = random.random()
    if drawn < 0.10:
        return (Mode.OFFICE, Mode.VIDEO), None
    if drawn < 0.18:
        return (Mode.OFFICE, Mode.HOME), 10.0
    return (Mode.OFFICE,), None


def asked(
    at: datetime, commune: Commune, random: Random, motives: Mapping[str, float] = MOTIVES
) -> CareRequest:
    """Somebody who calls: their age, what is the matter, and how soon they are to be seen."""
    ((low, high),) = random.choices([ages for ages, _ in AGES], [share for _, share in AGES])
    age = random.randint(low, high)
    (motive,) = random.choices(list(motives), list(motives.values()))
    (delay,) = random.choices(list(DELAYS), list(DELAYS.values()))
    (priority,) = random.choices([Priority.P2, Priority.P3, Priority.NR], [82, 14, 4])
    modes: tuple[Mode, ...] = (Mode.OFFICE,)
    if motive == "M06.02":
        modes = (Mode.OFFICE, Mode.VIDEO)
    elif age >= 80:
        modes = (Mode.OFFICE, Mode.HOME)
    return CareRequest(
        asked_at=at,
        delay=delay,
        priority=priority,
        motive=motive,
        modes=modes,
        commune=commune.insee,
        patient=Patient(
            age=age,
            sex=random.choice((Sex.FEMALE, Sex.MALE)),
            name=f"{random.choice(_FIRST_NAMES)} {random.choice(_LAST_NAMES)}",
            phone=f"+336390{random.randrange(10_000):04}",  # a range given to fiction (ARCEP)
        ),
    )


_TYPES = {
    Kind.COMMUNITY: "snp.community.v1",
    Kind.PRACTITIONER: "snp.practitioner.v1",
    Kind.SLOT: "snp.slot.v1",
    Kind.CARE_REQUEST: "snp.care-request.v1",
}


def _happening(
    at: datetime,
    community: CommunitySheet,
    kind: Kind,
    name: str,
    data: CommunitySheet | PractitionerSheet | SlotOffer | CareRequest,
) -> Happening:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"demo-{name}",
        "source": f"/snp-dispatch/demo/{kind}",
        "type": _TYPES[kind],
        "data": data.model_dump(mode="json"),
    }
    return Happening(at, community.finess, kind, orjson.dumps(event))
