"""The demonstration's screen: the territories and the last decisions, as they are published."""

from collections import Counter, deque
from datetime import datetime
from typing import Any

import orjson
from nats.aio.msg import Msg
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from events.catalogue import restored
from events.codes import Mode
from events.request import (
    RequestAssigned,
    RequestHandedBack,
    RequestReceived,
    RequestSearching,
)
from services.cli import words
from services.clock import Clock
from services.simulator.play import CLOSING, OPENING, Day

SHOWN = 12
"""Lines of the last decisions."""


class Screen:
    """Fed by published events; drawn a dozen times a second."""

    def __init__(self, day: Day, clock: Clock) -> None:
        self._day = day
        self._clock = clock
        self._received: dict[str, RequestReceived] = {}
        self._state: dict[str, str] = {}
        self._places: Counter[str] = Counter()
        self._lines: deque[Text] = deque(maxlen=SHOWN)

    async def hear(self, message: Msg) -> None:
        """One published event."""
        told = orjson.loads(message.data)
        event = restored(told["type"], told["schemaversion"], orjson.dumps(told["data"]))
        subject = told["subject"].partition("-")[2]
        match event:
            case RequestReceived():
                self._received[subject] = event
                self._state[subject] = "waiting"
            case RequestAssigned():
                self._state[subject] = "assigned"
                self._line(subject, event.assigned_at, _place(event), "green")
            case RequestSearching() if event.next_at > event.searched_at:
                if self._state.get(subject) == "waiting":
                    text = f"no place yet, looks again at {words.clock(event.next_at)}"
                    self._line(subject, event.searched_at, text, "yellow")
                    self._state[subject] = "searching"
            case RequestHandedBack():
                self._state[subject] = "handed_back"
                self._line(subject, event.handed_back_at, "back to the SAS: no place", "red")
            case _:
                if told["type"] == "slot.published":
                    self._places[told["community"]] += told["data"]["capacity"]

    def __rich__(self) -> RenderableType:
        """The whole screen."""
        now = self._clock.now().astimezone(words.HERE)
        whole = (CLOSING - OPENING).total_seconds()
        done = min(max((now - OPENING).total_seconds(), 0.0), whole)
        title = Text.assemble(
            ("SNP Dispatch", "bold"), f"   {now:%A %d %B, %H:%M}", ("   played, not real", "dim")
        )
        return Group(
            title,
            ProgressBar(total=whole, completed=done, width=60),
            "",
            self._communities(),
            "",
            Panel(
                Group(*self._lines), title="last decisions", title_align="left", height=SHOWN + 2
            ),
        )

    def _communities(self) -> Table:
        table = Table(header_style="bold", box=None)
        table.add_column("community")
        for column in ("inhabitants", "practitioners", "places", "requests", "assigned"):
            table.add_column(column, justify="right")
        table.add_column("waiting", justify="right", style="yellow")
        table.add_column("to the SAS", justify="right", style="red")
        for territory in self._day.territories:
            finess = territory.community.finess
            states = Counter(
                self._state[r] for r, e in self._received.items() if e.community == finess
            )
            table.add_row(
                territory.community.title,
                f"{sum(c.population for c in territory.community.communes):,}".replace(",", " "),
                str(len(territory.practices)),
                str(self._places[finess]),
                str(states.total()),
                str(states["assigned"]),
                str(states["waiting"] + states["searching"]),
                str(states["handed_back"]),
            )
        return table

    def _line(self, subject: str, at: datetime, text: str, style: str) -> None:
        received = self._received.get(subject)
        if received is None:
            return
        age = f"{received.age} y" if received.age is not None else ""
        reason = words.motive(received.motive)[7:]
        line = Text(f"{words.clock(at)[4:]}  {received.priority} {age:>4}  ", "dim")
        line.append(f"{shortened(reason, 30):<30}  ", "default")
        line.append(text, style)
        self._lines.append(line)


def shortened(text: str, width: int) -> str:
    """The text, or as much of it as fits and an ellipsis."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _place(event: RequestAssigned) -> str:
    how = f"{event.km:.0f} km away" if event.mode is Mode.OFFICE else words.MODES[event.mode]
    return f"{words.clock(event.start)[4:]}, {how}"


def summary(day: Day, found: list[dict[str, Any]]) -> Table:
    """How the day went, by community."""
    table = Table(header_style="bold", box=None)
    table.add_column("community")
    for column in (
        "requests",
        "assigned",
        "waiting",
        "to the SAS",
        "same day",
        "median wait",
        "km",
    ):
        table.add_column(column, justify="right")
    for territory in day.territories:
        rows = [row for row in found if row["community"] == territory.community.finess]
        table.add_row(territory.community.title, *_figures(rows))
    table.add_section()
    table.add_row("all", *_figures(found), style="bold")
    return table


def _figures(rows: list[dict[str, Any]]) -> list[str]:
    states = Counter(row["state"] for row in rows)
    assigned = [row for row in rows if row["state"] == "assigned"]
    waits = sorted((row["start"] - row["received_at"]).total_seconds() / 60 for row in assigned)
    office = [row["km"] for row in assigned if row["mode"] == Mode.OFFICE]
    same_day = sum(row["start"].astimezone(words.HERE).date() == OPENING.date() for row in assigned)
    return [
        str(len(rows)),
        str(states["assigned"]),
        str(states["waiting"]),
        str(states["handed_back"]),
        f"{100 * same_day // max(len(rows), 1)} %",
        f"{waits[len(waits) // 2]:.0f} min" if waits else "",
        f"{sum(office) / len(office):.1f}" if office else "",
    ]
