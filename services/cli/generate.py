"""`snp generate`: days of a real territory, made up, as scenarios anybody can play."""

from datetime import date, timedelta
from pathlib import Path

from services.cli.errors import Told
from services.cli.options import FIRST_YEAR, LAST_YEAR
from services.cli.session import console, progress, say, show_table
from services.simulator.generating import Generator, Wanted, is_off, requests_a_day
from services.simulator.scenario import MOST
from services.simulator.territory import Town, towns_named

MOST_DAYS = 400
LISTED = 20
NAMED = 5
BUSY = 1.9  # times an average day: the Monday after a holiday, in winter


def list_towns(text: str, *, as_json: bool) -> None:
    """Those with it in their name, the largest first."""
    found = sorted(towns_named(text), key=lambda town: -town.population)
    if as_json:
        say({"towns": [_row(town) for town in found]})
        return
    rows = [[t.epci, t.title, t.departement, f"{t.population:,}".replace(",", " ")] for t in found]
    show_table(["SIREN", "name", "département", "inhabitants"], rows[:LISTED])
    if len(rows) > LISTED:
        console.print(f"and {len(rows) - LISTED} more", style="dim")


def _row(town: Town) -> dict[str, object]:
    return {
        "epci": town.epci,
        "title": town.title,
        "departement": town.departement,
        "population": town.population,
        "communes": len(town.communes),
    }


def generate_days(
    text: str,
    since: date,
    days: int,
    folder: Path,
    wanted: Wanted,
    seed: int,
    *,
    sundays: bool,
    as_json: bool,
) -> None:
    """A file a day, called by its date."""
    town = _the_town(text)
    _check_size(town, wanted)
    made = Generator(town, wanted, seed)
    if days > MOST_DAYS:
        raise Told(f"--days: {MOST_DAYS} at most", code="usage", status=2)
    if not FIRST_YEAR <= since.year <= LAST_YEAR - 1:
        msg = f"--from: from {FIRST_YEAR} to {LAST_YEAR - 1}"
        raise Told(msg, code="usage", status=2)
    all_days = [since + timedelta(days=nth) for nth in range(days)]
    chosen = [day for day in all_days if sundays or not is_off(day, town.departement)]
    requests = places = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        bar, move = progress("generating")
        with bar:
            for nth, day in enumerate(chosen, 1):
                scenario = made.day(day)
                (folder / f"{day}.json").write_text(scenario.model_dump_json(indent=1) + "\n")
                requests += len(scenario.requests)
                places += len(scenario.slots)
                move(nth, len(chosen))
    except OSError as fault:
        msg = f"{fault.filename or folder}: {fault.strerror}"
        raise Told(msg, code="unwritable_file", status=2) from fault
    figures = {"town": town.title, "days": len(chosen), "requests": requests, "places": places}
    if as_json:
        say(figures | {"folder": str(folder)})
        return
    console.print(
        f"[bold]{town.title}[/bold]: {len(chosen)} days in {folder}, "
        f"{requests} requests and {places} places"
    )
    if chosen:
        last = f"{folder}/{chosen[-1]}.json"
        console.print(f"play one: snp simulate --scenario {last} --history {folder}", style="dim")


def _the_town(text: str) -> Town:
    found = towns_named(text)
    if len(found) == 1:
        return found[0]
    if not found:
        msg = f"no town or intercommunal body is called {text}: snp generate --list WORD"
        raise Told(msg, code="unknown_town", status=2)
    names = ", ".join(f"{town.title} ({town.epci})" for town in found[:NAMED])
    msg = f"{text} may be {names}{' …' if len(found) > NAMED else ''}: say one, or its number"
    raise Told(msg, code="several_towns", status=2)


def _check_size(town: Town, wanted: Wanted) -> None:
    """A scenario has so many requests and places at most: a busy day of this town must fit."""
    requests = requests_a_day(town, wanted) * max(wanted.epidemic, 1.0)
    places = requests_a_day(town, wanted) * wanted.supply
    if BUSY * requests > MOST or BUSY * places > MOST:
        msg = (
            f"about {requests:.0f} requests and {places:.0f} places a day: a scenario has {MOST}"
            " of each at most, on its busiest day; say --requests, or a smaller town"
        )
        raise Told(msg, code="too_large", status=2)
