"""A ladder as a form: read, changed a step at a time, tried on a request, adopted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from pydantic import ValidationError

from domain import request as requests
from domain.community import Formed, LadderWithoutEnd, covers_all
from domain.decider import Refused
from domain.ladder import USUAL
from domain.matching import Ranked
from domain.request import NotReceived, Waiting
from events.codes import Delay, Period, Priority, Setting
from events.destination import Destination
from events.ladder import Ladder, StepKind
from events.offer import RequestOffered
from events.request import RequestEscalated, RequestHandedBack
from projections.indicators.values import value_name
from services.console import words
from services.console.forms import number
from services.console.languages import Language
from services.console.refusals import FieldsWrong
from services.dispatch.preview import foresee, scene
from services.intake.directory import Known
from services.intake.messages import CareRequest
from services.intake.receiving import receiving
from services.intake.rejections import invalid
from services.reports.because import clock

if TYPE_CHECKING:
    from services.app import House

PRIORITIES = (Priority.P2, Priority.P3, Priority.NR)
_MOST_RULES, _MOST_STEPS = 50, 12
_NEW_STEP: Mapping[str, Any] = {"kind": StepKind.MEMBER_OFFERS, "minutes": 15}


class LadderNotUnderstood(Refused):
    """Each rule has a title and a step at least; each step has minutes, 0 to 2 880."""

    code = "ladder_not_understood"


@dataclass(frozen=True)
class Foretold:
    """What would happen, and when."""

    at: datetime
    sentence: str


def choices(language: Language) -> dict[str, list[tuple[str, str]]]:
    """What may be chosen in a rule."""
    say = words.word
    return {
        "kinds": [(one, say("step", one, language)) for one in StepKind],
        "settings": [(one, value_name("setting", one, language)) for one in Setting if one != "PS"],
        "hours": [(one, say("why", one, language)) for one in Period],
        "priorities": [(one, say("priority", one, language)) for one in PRIORITIES],
        "destinations": [(one, say("destination", one, language)) for one in Destination],
    }


def in_force(formed: Formed, language: Language) -> dict[str, Any]:
    """As data, as a form shows it; the usual one in the language it is read in."""
    if formed.ladder is not None:
        return formed.ladder.model_dump(mode="json")
    usual = USUAL.model_dump(mode="json")
    if language == "fr":
        usual["title"] = "Échelle d'usage"
        for rule, title in zip(usual["rules"], _USUAL_IN_FRENCH, strict=True):
            rule["title"] = title
    return usual


_USUAL_IN_FRENCH = ("Permanence des soins", "Toute demande")


def read(form: Mapping[str, list[str]]) -> dict[str, Any]:
    """What a form says, complete or not: rules and steps in the order of the page.

    Raises LadderNotUnderstood without a rule, FieldsWrong for minutes that are no number.
    """

    def one(name: str) -> str:
        return (form.get(name) or [""])[-1].strip()

    rules = []
    for r in range(_MOST_RULES):
        if f"r{r}-title" not in form:
            break
        steps = []
        for s in range(_MOST_STEPS):
            at = f"r{r}-s{s}"
            if f"{at}-kind" not in form:
                break
            steps.append(
                {
                    "kind": one(f"{at}-kind"),
                    "minutes": number({"minutes": one(f"{at}-minutes")}, "minutes") or 0,
                    "settings": form.get(f"{at}-settings", []),
                    "specialties": one(f"{at}-specialties").upper().replace(",", " ").split(),
                }
            )
        rules.append(
            {
                "title": one(f"r{r}-title"),
                "priorities": form.get(f"r{r}-priorities", []),
                "motives": one(f"r{r}-motives").upper().replace(",", " ").split(),
                "hours": form.get(f"r{r}-hours", []),
                "steps": steps,
                "otherwise": one(f"r{r}-otherwise") or None,
            }
        )
    if not rules:
        raise LadderNotUnderstood
    return {"title": one("title"), "rules": rules}


def changed(ladder: dict[str, Any], act: str) -> dict[str, Any]:
    """One step more or fewer, one rule more or fewer: `add-step 0`, `drop-step 0 2`, `add-rule`."""
    what, *at = act.split()
    rules = ladder["rules"]
    try:
        match what, [int(one) for one in at]:
            case "add-rule", []:
                rules.insert(0, {"title": "", "steps": [dict(_NEW_STEP)], **_NO_CONDITION})
            case "drop-rule", [r] if len(rules) > 1:
                del rules[r]
            case "add-step", [r]:
                rules[r]["steps"].append(dict(_NEW_STEP))
            case "drop-step", [r, s] if len(rules[r]["steps"]) > 1:
                del rules[r]["steps"][s]
            case "up", [r, s] if s > 0:
                steps = rules[r]["steps"]
                steps[s - 1], steps[s] = steps[s], steps[s - 1]
            case _:
                pass
    except (ValueError, IndexError) as wrong:
        raise LadderNotUnderstood from wrong
    return ladder


_NO_CONDITION: Mapping[str, Any] = {
    "priorities": [],
    "motives": [],
    "hours": [],
    "otherwise": None,
}


def understood(ladder: Mapping[str, Any]) -> Ladder:
    """Raises LadderNotUnderstood, LadderWithoutEnd."""
    try:
        found = Ladder.model_validate_json(orjson.dumps(ladder))
    except ValidationError as wrong:
        raise LadderNotUnderstood from wrong
    if not covers_all(found):
        raise LadderWithoutEnd
    return found


async def preview(
    house: "House", known: Known, ladder: Ladder, asked: Mapping[str, Any], language: Language
) -> list[Foretold]:
    """What would become of such a request if nobody answered and no place opened.

    It is nobody's: what is tried is a reason, an age, a commune and a delay.
    """
    now = house.clock.now()
    try:
        wanted = CareRequest.model_validate(
            {
                "asked_at": now.isoformat(),
                "priority": asked.get("priority") or "P2",
                "delay": asked.get("delay") or Delay.HOURS_4,
                "motive": asked.get("motive") or "M03.14",
                "commune": asked.get("commune") or None,
                "patient": {"age": number(asked, "age", 40)},
            }
        )
    except ValidationError as error:
        raise FieldsWrong(*(one.field for one in invalid(error).problems)) from error
    command = await receiving(house.directory, wanted, UUID(int=0), known, None, now)
    request = requests.decider.replay(requests.decide(command, NotReceived()))
    if not isinstance(request, Waiting):
        return []
    seen = await scene(house.pool, house.settings, now)
    zone = ZoneInfo(known.formed.zone)
    return [
        Foretold(one.at, _said(one.event, zone, language))
        for one in await foresee(seen, request, ladder)
    ]


def _said(event: object, zone: ZoneInfo, language: Language) -> str:
    french = language == "fr"
    match event:
        case Ranked():
            option = event.option()
            at = clock(option.start, zone, language)
            mode = words.word("mode", option.mode, language)
            return f"une place à {at}, {mode}" if french else f"a place at {at}, {mode}"
        case RequestEscalated():
            step = words.word("step", event.kind, language)
            until = clock(event.until, zone, language)
            return f"étape : {step}, jusqu'à {until}" if french else f"step: {step}, until {until}"
        case RequestOffered():
            count = len(event.to)
            return (
                f"vague {event.wave} : {count} membre(s) sollicité(s)"
                if french
                else f"wave {event.wave}: {count} member(s) asked"
            )
        case RequestHandedBack():
            why = words.word("why", event.reason, language)
            advice = words.word("destination", event.suggested, language)
            more = f", {'conseillé' if french else 'suggested'} : {advice}" if advice else ""
            return f"rendue au SAS : {why}{more}" if french else f"handed back: {why}{more}"
        case _:
            return str(getattr(event, "name", "")).replace("request.", "").replace("_", " ")
