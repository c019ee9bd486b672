"""`snp demo`: a weekday in three real territories, then a check of its log."""

import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from projections import board
from services.addresses import Addresses
from services.app import open_house, provision
from services.cli.operate import show_verdict
from services.cli.screen import summary
from services.cli.session import console, progress, say
from services.cli.signals import ended_by_signals, until_told
from services.clock import SimulatedClock
from services.embedded.servers import servers_in
from services.log.verify import Verdict, verify
from services.messaging.subjects import Kind
from services.projector.queries import rows
from services.settings import Settings, of_nobody
from services.simulator.play import OPENING, Day, play
from services.telemetry import log_to


@dataclass
class Result:
    """How the day went."""

    sent: int
    found: list[dict[str, Any]]
    verdict: Verdict
    seconds: float

    @property
    def lost(self) -> int:
        """Requests taken in that are nowhere on the board."""
        return self.sent - len(self.found)

    def as_json(self) -> dict[str, Any]:
        """For --json."""
        states = Counter(row["state"] for row in self.found)
        return {
            "requests": self.sent,
            "assigned": states[board.ASSIGNED],
            "waiting": states[board.WAITING],
            "unserved": states[board.HANDED_BACK],
            "double_booked": self.verdict.double_booked,
            "lost": self.lost,
            "violations": len(self.verdict.violations),
            "seconds": round(self.seconds, 2),
        }


def play_day(seed: int, count: int, speed: float, *, as_json: bool) -> None:
    """The day, its summary, and the check of its log, on servers thrown away after."""
    log_to(level="ERROR", as_json=False)
    ended_by_signals()
    day = Day(seed)
    with (
        tempfile.TemporaryDirectory(prefix="snp-demo-") as folder,
        servers_in(Path(folder)) as found,
    ):
        settings = of_nobody(Settings(), Path(folder))
        if as_json or not console.is_terminal:
            result = asyncio.run(until_told(_play(settings, found, day, count)))
        else:
            from services.cli.demo_live import play_live

            result = asyncio.run(play_live(settings, found, day, count, speed))
    if as_json:
        say(result.as_json())
    else:
        console.print(summary(day, result.found))
        show_verdict(result.verdict, as_json=False)
        console.print(
            f"{result.sent} requests in {result.seconds:.0f} s; none lost, none twice."
            if not (result.lost or result.verdict.double_booked)
            else f"[red]{result.lost} lost, {result.verdict.double_booked} double booked[/red]"
        )
    if result.lost or result.verdict.violations:
        raise SystemExit(1)


async def _play(settings: Settings, addresses: Addresses, day: Day, count: int) -> Result:
    """As fast as it goes, for programs: the same for the same seed."""
    began = time.monotonic()
    clock = SimulatedClock(OPENING - timedelta(hours=1))
    await provision(settings, addresses)
    async with open_house(settings, addresses, clock=clock) as house:
        bar, move = progress("Playing the day")
        sent = 0
        with bar:
            async for happening, _ in play(house, clock, day, count):
                if happening.kind is Kind.CARE_REQUEST:
                    sent += 1
                    move(sent, count)
        await house.settled()
        found = await rows(house.pool, board.on_board())
        verdict = await verify(house.pool, settings)
        return Result(sent, found, verdict, time.monotonic() - began)
