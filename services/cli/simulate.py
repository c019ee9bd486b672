"""`snp simulate`: a day that somebody brought, by one policy or beside the others."""

import statistics
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.markup import escape

from services.cli.errors import Told
from services.cli.session import console, say, show_table
from services.dispatch.futures import PastDay
from services.reports.wording import NOTHING
from services.settings import Settings
from services.simulator.beyond import seen_beyond
from services.simulator.cast import Day, day_of
from services.simulator.clairvoyant import best_possible
from services.simulator.comparing import gone_days, inequality
from services.simulator.history import draw, history_in, past_days
from services.simulator.policies import Dispatch, Earliest, Policy
from services.simulator.scenario import NotAScenario, Scenario, scenario_of
from services.simulator.simulating import Played, play

CLAIRVOYANT = "clairvoyant"
EARLIEST, DISPATCH = "earliest", "dispatch"
NAMES = (EARLIEST, DISPATCH, CLAIRVOYANT)
Past = Mapping[date, PastDay]


def simulate_day(file: Path, history: Path | None, policy: str | None, *, as_json: bool) -> None:
    """The day by a policy; without one, by each, with how much of what is possible was reached."""
    if policy is not None and policy not in NAMES:
        raise Told(f"--policy {policy}: there are {', '.join(NAMES)}", code="usage", status=2)
    try:
        scenario = scenario_of(file)
        day = day_of(scenario)
        past = past_days(history_in(history)) if history else {}
    except NotAScenario as wrong:
        raise Told(str(wrong), code="not_a_scenario", status=2) from wrong
    except OSError as fault:
        raise Told(
            f"{fault.filename or file}: {fault.strerror}", code="unreadable_file", status=2
        ) from fault
    if policy is not None and as_json:
        say(_as_json(scenario, day, policy, by_policy(policy, day, past)))
        return
    days = {name: by_policy(name, day, past) for name in ([policy] if policy else NAMES)}
    if as_json:
        say({"policies": [_as_json(scenario, day, *one) for one in days.items()]})
        return
    _show(scenario, day, days)


def by_policy(policy: str, day: Day, past: Past) -> Played:
    """The day, by that policy that knows the days before it."""
    if policy == CLAIRVOYANT:
        return best_possible(day)
    return play(day, policy_named(policy, day, past))


def policy_named(policy: str, day: Day, past: Past) -> Policy:
    """That for a day, with what it knows of the days before."""
    if policy == EARLIEST:
        return Earliest()
    return Dispatch(draw(day, past), timedelta(seconds=Settings().look_ahead_seconds))


def played_as_json(policy: str, played: Played) -> dict[str, Any]:
    """The object MATCHING of the design asks for."""
    milliseconds = sorted(1000 * seconds for seconds in played.decision_seconds)
    return {
        "policy": policy,
        "served": len(played.assignments),
        "loss": round(played.loss, 6),
        "loss_per_request": round(played.loss_per_request, 6),
        "assignments": [
            {"request": one.request, "slot": one.slot, "decided_at": one.decided_at}
            for one in played.assignments
        ],
        "unserved": played.unserved,
        "decision_ms": {
            "p50": _quantile(milliseconds, 0.5),
            "p99": _quantile(milliseconds, 0.99),
        },
    }


def _as_json(scenario: Scenario, day: Day, policy: str, played: Played) -> dict[str, Any]:
    """With what the scenario says beside: who does not come, whom members would have seen."""
    told = played_as_json(policy, played)
    beside = {
        "no_shows": _no_shows(scenario, played),
        "seen_beyond_agendas": seen_beyond(scenario, day, played.unserved),
    }
    return told | {name: figure for name, figure in beside.items() if figure is not None}


def _no_shows(scenario: Scenario, played: Played) -> int | None:
    """Of who has a place; None, of a scenario that says nothing of who comes."""
    if not any("attends" in request.model_fields_set for request in scenario.requests):
        return None
    absent = {request.id for request in scenario.requests if not request.attends}
    return sum(one.request in absent for one in played.assignments)


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[int(share * (len(ordered) - 1))], 3) if ordered else None


def _show(scenario: Scenario, day: Day, days: dict[str, Played]) -> None:
    places = sum(slot.capacity for slot in scenario.slots)
    number = len(scenario.requests)
    console.print(
        f"[bold]{escape(scenario.community)}[/bold] · {scenario.opens:%a %d %b %Y}", end=""
    )
    console.print(f" · {number} requests, {places} places")
    starts = {slot.id: slot.start for slot in scenario.slots}
    came = {request.id: request.received_at for request in scenario.requests}
    rows = []
    for name, played in days.items():
        waits = [
            (starts[one.slot] - came[one.request]).total_seconds() / 60
            for one in played.assignments
        ]
        rows.append(
            [
                name,
                str(len(played.assignments)),
                f"{100 * len(played.assignments) / number:.0f} %" if number else NOTHING,
                f"{statistics.median(waits):.0f} min" if waits else NOTHING,
                f"{played.loss_per_request:.3f}",
                _closed(days, name),
                f"{inequality(gone_days([day], [played])[0]) or 0:.2f}",
            ]
        )
    show_table(
        ["policy", "served", "of all", "median wait", "loss a request", "gap closed", "inequality"],
        rows,
    )
    absent = {name: _no_shows(scenario, played) for name, played in days.items()}
    beyond = {name: seen_beyond(scenario, day, played.unserved) for name, played in days.items()}
    _say_beside("have a place and do not come", absent)
    _say_beside("left over whom a member would have seen who was asked", beyond)


def _say_beside(what: str, by_policy: Mapping[str, int | None]) -> None:
    told = [f"{name} {number}" for name, number in by_policy.items() if number is not None]
    if told:
        console.print(f"{what}: {', '.join(told)}", style="dim")


def _closed(days: dict[str, Played], name: str) -> str:
    """How much of what lies between what a person does and what is possible."""
    if name not in days or not {"earliest", CLAIRVOYANT} <= set(days):
        return ""
    gap = days["earliest"].loss - days[CLAIRVOYANT].loss
    return f"{(days['earliest'].loss - days[name].loss) / gap:.0%}" if gap > 0 else NOTHING
