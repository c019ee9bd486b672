"""Communities composed of real communes, and the people who practise there, invented."""

import csv
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from events.codes import Profession, Source
from events.place import Commune, Place, Position
from services.intake.messages import CommunitySheet, ConsentGiven, OverbookGiven, PractitionerSheet


@dataclass(frozen=True)
class Practice:
    """A practitioner and where they work."""

    sheet: PractitionerSheet
    place: Place


@dataclass(frozen=True)
class Town:
    """An intercommunal body: what a community is composed of here."""

    epci: str  # its SIREN number
    title: str
    departement: str  # of most of its people
    communes: tuple[Commune, ...]

    @property
    def population(self) -> int:
        """Of all communes of which the coordinates are known."""
        return sum(commune.population for commune in self.communes)


@dataclass(frozen=True)
class Territory:
    """A community and its practitioners."""

    community: CommunitySheet
    practices: Sequence[Practice]


# FINESS numbers of the départements' series, attributed to nobody.
_COMMUNITIES = {
    "CA de Nevers": ("580099001", "CPTS Nevers Sud Nivernais", "58"),
    "CA Valenciennes Métropole": ("590099002", "CPTS Grand Valenciennes", "59"),
    "CA Saint Germain Boucles de Seine": ("780099003", "CPTS Boucles de Seine", "78"),
}

_KINDS_OF_PLACE = (
    "Cabinet médical du Centre",
    "Maison de santé des Tilleuls",
    "Cabinet de la Gare",
    "Maison de santé du Canal",
    "Centre de santé Simone-Veil",
    "Cabinet des Écoles",
    "Cabinet du Marché",
)
INHABITANTS_A_DOCTOR = 5_000
"""Of those who take part. One in two to three of all doctors, in a community that does well."""
INHABITANTS_A_NURSE = 30_000
WEEKLY_CAP = 20  # national practice: visits after regulation paid as such, a doctor and a week


def territories(seed: int) -> list[Territory]:
    """The three communities, always the same for a seed."""
    return [_territory(name, Random(f"{seed} {name}")) for name in _COMMUNITIES]


def _territory(epci: str, random: Random) -> Territory:
    finess, title, departement = _COMMUNITIES[epci]
    town = next(iter(towns_named(epci)))
    community = CommunitySheet(
        finess=finess, title=title, departement=departement, communes=town.communes
    )
    people = town.population
    professions = [Profession.DOCTOR] * (people // INHABITANTS_A_DOCTOR)
    professions += [Profession.NURSE] * (people // INHABITANTS_A_NURSE)
    practices = [
        _practice(profession, community, nth, random) for nth, profession in enumerate(professions)
    ]
    return Territory(community, practices)


def towns_named(text: str) -> list[Town]:
    """Those called so, or of that SIREN number; failing that those with it in their name."""
    bodies = _bodies()
    wanted = _plain(text)
    exact = [rows for epci, rows in bodies.items() if text == epci or _title(rows) == text]
    return [_town(rows) for rows in exact] or [
        _town(rows) for rows in bodies.values() if wanted in _plain(_title(rows))
    ]


def towns_between(fewest: int, most: int) -> list[Town]:
    """Those of so many inhabitants, in the order of their SIREN numbers."""
    found = (_town(rows) for _, rows in sorted(_bodies().items()))
    return [town for town in found if fewest <= town.population <= most]


@cache
def _bodies() -> Mapping[str, Sequence[Mapping[str, str]]]:
    """The communes of each intercommunal body of metropolitan France, by its SIREN number."""
    table = files("services.simulator").joinpath("data", "communes.csv")
    rows: dict[str, list[dict[str, str]]] = {}
    with table.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            rows.setdefault(row["epci"], []).append(row)
    return {epci: theirs for epci, theirs in rows.items() if epci}


def _title(rows: Sequence[Mapping[str, str]]) -> str:
    return rows[0]["epci_name"]


def _plain(text: str) -> str:
    """Without accents, case and hyphens."""
    letters = unicodedata.normalize("NFD", text.casefold().replace("-", " "))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _town(rows: Sequence[Mapping[str, str]]) -> Town:
    largest = max(rows, key=lambda row: int(row["population"]))
    return Town(
        epci=largest["epci"],
        title=_title(rows),
        departement=largest["departement"],
        communes=tuple(
            Commune(
                insee=row["insee"],
                title=row["name"],
                population=int(row["population"]),
                position=Position(lat=float(row["lat"]), lon=float(row["lon"])),
            )
            for row in rows
        ),
    )


def _practice(
    profession: Profession, community: CommunitySheet, nth: int, random: Random
) -> Practice:
    # Practices are where people are, and a little denser in the larger communes.
    weights = [commune.population**1.1 for commune in community.communes]
    (commune,) = random.choices(community.communes, weights)
    place = Place(
        title=f"{random.choice(_KINDS_OF_PLACE)}, {commune.title}",
        commune=commune.insee,
        position=Position(
            lat=round(commune.position.lat + random.uniform(-0.012, 0.012), 4),
            lon=round(commune.position.lon + random.uniform(-0.015, 0.015), 4),
        ),
    )
    sheet = PractitionerSheet(
        rpps=rpps_of(f"109{community.departement}{nth:05}"),
        profession=profession,
        communities=(community.finess,),
        consent=ConsentGiven(
            sources=(Source.SAS, Source.CPTS) + ((Source.IOA,) if random.random() < 0.5 else ()),
            weekly_cap=WEEKLY_CAP,
            min_age=16 if random.random() < 0.08 else None,
            overbook=OverbookGiven(place=place) if _is_asked(profession, nth) else None,
        ),
    )
    return Practice(sheet, place)


def _is_asked(profession: Profession, nth: int) -> bool:
    """Whether they see patients beyond their agenda: one doctor in three."""
    return profession is Profession.DOCTOR and nth % 3 == 0


def rpps_of(ten_digits: str) -> str:
    """Eleven digits, the last one the Luhn key."""
    total = 0
    for nth, digit in enumerate(reversed(ten_digits)):
        doubled = int(digit) * (2 if nth % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return f"{ten_digits}{-total % 10}"
