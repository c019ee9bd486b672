"""`snp demo` for people: the day at a chosen speed, in this terminal and at the consoles."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from rich.live import Live
from rich.text import Text

from events.roles import Role
from projections import board
from services.access.first import opened_with_secret
from services.addresses import Addresses
from services.api.server import serving
from services.app import House, open_house, provision
from services.cli.demo import Result
from services.cli.screen import Screen
from services.cli.session import console
from services.cli.signals import on_signals
from services.clock import SandboxClock
from services.intake.cloudevents import told
from services.log.verify import verify
from services.messaging.subjects import Kind
from services.projector.queries import rows
from services.settings import Settings
from services.simulator.day import Happening
from services.simulator.living import Living
from services.simulator.play import CLOSING, OPENING, Day
from services.simulator.seeding import tell, tell_beginnings
from services.stopping import stop

_BEFORE = timedelta(minutes=10)
Answer = Mapping[str, Any]
_FOREVER_MINUTES = 1e6  # of a day that is played: nobody is signed out by a clock that hurries


@dataclass(frozen=True)
class Part:
    """Somebody to be, and what to try as them."""

    role: Role
    title: str
    try_this: str


PARTS = (
    Part(
        Role.REGULATOR,
        "Regulator",
        "press N, type “fiev”, an age, a commune, and Enter: a place is kept in ten seconds.",
    ),
    Part(
        Role.PRACTITIONER,
        "Practitioner",
        "best on a telephone's width: offers come by themselves; accept one, or open places.",
    ),
    Part(
        Role.COORDINATOR,
        "Coordinator",
        "watch free places go hour by hour, then try another ladder, or four more places.",
    ),
    Part(
        Role.AUTHORITY,
        "ARS, CPAM",
        "figures of months that are over, small numbers hidden; and their exports.",
    ),
)


async def play_live(
    settings: Settings, addresses: Addresses, day: Day, count: int, speed: float
) -> Result:
    """The day, until somebody ends it: who looks at a console is not cut off by its evening."""
    began = time.monotonic()
    clock = SandboxClock(OPENING - _BEFORE, 0.0)
    settings = settings.model_copy(update={"http_port": 0, "session_minutes": _FOREVER_MINUTES})
    await provision(settings, addresses)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings, addresses, clock=clock))
        on_signals(house.stopping.set)
        http = await stack.enter_async_context(serving(house))
        mine = await begin(house, day)
        screen, living = Screen(day, clock), Living(house, day.seed, frozenset({mine}))
        stack.push_async_callback(living.end)
        for hear in (screen.hear, living.hear):
            await house.broker.connection.subscribe("snp.event.>", cb=hear)
        # Before the screen, not in it: a terminal wraps what it may copy as one line.
        console.print(await _links(house, http, day, mine))
        clock.run_at(speed)
        answers: list[Answer] = []
        playing = asyncio.create_task(_play(house, clock, day, count, answers))
        stack.push_async_callback(stop, [playing])
        with Live(screen, console=console, refresh_per_second=4, transient=True):
            ended = asyncio.create_task(house.stopping.wait())
            await asyncio.wait({playing, ended}, return_when=asyncio.FIRST_COMPLETED)
        await living.end()
        if playing.done():
            playing.result()  # what went wrong is not passed over
        await stop([playing, ended])
        clock.run_at(0.0)
        await house.settled()
        found = await rows(house.pool, board.on_board())
        verdict = await verify(house.pool, settings)
    sent = len(found) + len(missing(answers, found))
    return Result(sent, found, verdict, time.monotonic() - began)


def missing(answers: Sequence[Answer], found: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Requests that were sent and are nowhere on the board; those somebody else sent are none."""
    known = {str(row["request_id"]) for row in found}
    return [one for one in answers if one.get("id") not in known]


async def _play(
    house: House, clock: SandboxClock, day: Day, count: int, answers: list[Answer]
) -> None:
    """What the intake says of each request is added to the answers."""
    for happening in day.happenings(count):
        await clock.until(happening.at)
        (answer,) = await tell(house, [happening])
        if happening.kind is Kind.CARE_REQUEST:
            answers.append(answer)
    await clock.until(CLOSING)
    clock.run_at(0.0)
    await house.stopping.wait()


async def begin(house: House, day: Day) -> str:
    """Communities and members; and the doctor somebody may be, who is available all day."""
    await tell_beginnings(house, day.territories)
    first = day.territories[0]
    mine = next(one.sheet.rpps for one in first.practices if one.sheet.consent.overbook)
    until = (CLOSING - timedelta(minutes=1)).isoformat()
    message = told(
        Kind.ON_CALL, {"rpps": mine, "until": until}, source="demo", role=Role.PRACTITIONER
    )
    body = orjson.dumps(message)
    finess = first.community.finess
    await tell(house, [Happening(house.clock.now(), finess, Kind.ON_CALL, body)])
    return mine


async def _links(house: House, http: str, day: Day, mine: str) -> Text:
    """An account for each part, and the address that signs in with it."""
    lines = Text.assemble(("Consoles", "bold"), "  (a sentence on what to try; ^C ends the day)\n")
    for part in PARTS:
        lines.append(f"\n{part.title}: ", "bold cyan")
        lines.append(part.try_this)
        link = f"{http}/console/sign-in#{await opened(house, part, day, mine)}"
        lines.append(f"\n  {link}\n", "link")
    return lines


async def opened(house: House, part: Part, day: Day, mine: str) -> str:
    """An account for that part: its id and its secret."""
    finess = day.territories[0].community.finess
    whose = {"rpps": mine} if part.role is Role.PRACTITIONER else {"community": finess}
    sheet = {"grants": [{"role": part.role} | whose]}
    account_id, secret = await opened_with_secret(house, sheet, source="demo")
    return f"{account_id}:{secret}"
