"""`snp send`: messages from files, and what became of each."""

import asyncio
import json
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import MaxPayloadError, NoRespondersError
from nats.errors import TimeoutError as NatsTimeout
from rich.markup import escape

from domain import request as requests
from events import streams
from events.catalogue import restored, stored
from services.cli import words
from services.cli.errors import Told
from services.cli.session import ANSWER_SECONDS, Session, console, in_session, say
from services.cli.shifting import as_of as shifted_to
from services.intake.message_types import TYPES
from services.intake.rejections import TooLarge, refusal
from services.intake.standing import standing
from services.log.reader import Log
from services.messaging import subjects

SAID = ("request.assigned", "request.searching", "request.offered", "request.handed_back")
"""The decisions of dispatch about a request."""


@dataclass
class Sent:
    """A message, what was answered, and the decision that followed."""

    file: str
    answer: dict[str, Any]
    shifted: timedelta | None = None
    event: dict[str, Any] | None = None

    @property
    def refused(self) -> bool:
        """Whether it was not taken in. An emergency was: it is known as one."""
        return "code" in self.answer and self.answer.get("state") != "refused_as_emergency"

    def as_json(self) -> dict[str, Any]:
        """For --json."""
        told = {"file": self.file, **self.answer}
        if self.shifted is not None:
            told["shifted_seconds"] = round(self.shifted.total_seconds())
        if self.event is not None:
            told["state"] = self.event["type"].partition(".")[2]
            told["decision"] = self.event["data"]
        return told


def send_files(
    files: list[Path],
    community: str | None,
    state: Path | None,
    *,
    as_of_now: bool,
    wait: float,
    strict: bool,
    as_json: bool,
) -> None:
    """Each message of each file, in order."""
    bodies = [(name, body) for path in files for name, body in _messages(path)]

    async def work(session: Session) -> list[Sent]:
        async with session.nats() as client:
            decided = await _Decided.listening(client)
            found = []
            for name, body in bodies:
                now = await session.now() if as_of_now else None
                sent = await _send(client, name, body, community, as_of=now)
                if sent.answer.get("state") == "waiting":
                    await _stand(session, sent)
                if sent.answer.get("state") == "waiting" and sent.event is None:
                    sent.event = await decided.about(sent.answer["id"], wait)
                if not as_json:
                    _show(sent)
                found.append(sent)
            return found

    found = in_session(state, work)
    if as_json:
        say({"sent": [sent.as_json() for sent in found]})
    elif not found:
        console.print("Nothing to send: the list is empty.")
    elif any(sent.refused and sent.answer["code"] != TooLarge.code for sent in found):
        hint = "What was refused is kept: once it is mended here, snp dead-letters --replay"
        console.print(hint, style="dim")
    if strict and any(sent.refused for sent in found):
        raise SystemExit(1)  # scripts need not read what people do


async def _stand(session: Session, sent: Sent) -> None:
    """Of a request that was sent before: how it stands, whatever was answered then."""
    request_id = UUID(sent.answer["id"])
    happened = (await Log(session.pool).load(streams.request(request_id))).events
    said = [event for event in happened if event.name in SAID]
    if not said:
        return
    request = requests.decider.replay(happened)  # type: ignore[arg-type]  # its stream
    sent.answer |= standing(request_id, request)
    if sent.answer["state"] in {"waiting", "assigned", "handed_back"}:
        data = orjson.loads(stored(said[-1]))
        sent.event = {"type": said[-1].name, "schemaversion": said[-1].version, "data": data}


def _messages(path: Path) -> list[tuple[str, bytes]]:
    """One message a file, or each of a JSON array."""
    name = "stdin" if str(path) == "-" else path.name
    try:
        body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        body = body.removeprefix(BOM_UTF8)
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise Told(msg, code="unreadable_file", status=2) from error
    try:
        is_list = isinstance(orjson.loads(body), list)
    except orjson.JSONDecodeError:
        is_list = False  # sent as it is: the intake says what it thinks of it
    if not is_list:
        return [(name, body)]
    try:
        return [(f"{name}[{n}]", one) for n, one in enumerate(_elements(body.decode()))]
    except RecursionError as error:
        msg = f"{name}: one of its messages is nested too deeply, none was sent"
        raise Told(msg, code="too_deep", status=2) from error


_BETWEEN = re.compile(r"[\s,]*")


def _elements(text: str) -> Iterator[bytes]:
    """Each element of a JSON array as it is written: what says a field twice still does."""
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    while text[at := _BETWEEN.match(text, at).end()] != "]":  # type: ignore[union-attr]  # what may be empty always matches
        _, end = decoder.raw_decode(text, at)
        yield text[at:end].encode()
        at = end


async def _send(
    client: Client, name: str, body: bytes, community: str | None, *, as_of: datetime | None
) -> Sent:
    shifted = None
    if as_of is not None:
        body, shifted = shifted_to(body, as_of)
    subject = subjects.ask(community or subjects.ANY_COMMUNITY, _kind(body))
    try:
        message = await client.request(
            subject, body, timeout=ANSWER_SECONDS, headers={subjects.KEEP: "refused"}
        )
    except MaxPayloadError:
        return Sent(name, refusal(TooLarge(f"{len(body)} bytes")), shifted)
    except NoRespondersError as nobody:
        raise Told("no intake is running: start `snp up`", code="no_intake") from nobody
    except NatsTimeout as late:
        msg = f"{name}: no answer within {ANSWER_SECONDS:.0f} s"
        raise Told(msg, code="no_answer") from late
    return Sent(name, orjson.loads(message.data), shifted)


def _kind(body: bytes) -> str:
    """To which subject it goes: by the type it gives itself, else it is a care request."""
    with suppress(orjson.JSONDecodeError, AttributeError):
        given = orjson.loads(body).get("type")
        if isinstance(given, str) and given in TYPES:
            return str(given).split(".")[1]
    return subjects.Kind.CARE_REQUEST


class _Decided:
    """What dispatch decides while we look."""

    def __init__(self) -> None:
        self._events: dict[str, dict[str, Any]] = {}
        self._came = asyncio.Condition()

    @classmethod
    async def listening(cls, client: Client) -> "_Decided":
        """Listen from now on, before anything is sent."""
        decided = cls()
        await client.subscribe("snp.event.*.request.*.*", cb=decided._hear)
        await client.flush()
        return decided

    async def _hear(self, message: Msg) -> None:
        event = orjson.loads(message.data)
        if event["type"] in SAID:
            async with self._came:
                self._events[event["subject"].partition("-")[2]] = event
                self._came.notify_all()

    async def about(self, request_id: str, seconds: float) -> dict[str, Any] | None:
        """The first decision about the request, or None if it takes longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._came:
                await self._came.wait_for(lambda: request_id in self._events)
        return self._events.get(request_id)


def _show(sent: Sent) -> None:
    state = sent.event["type"].partition(".")[2] if sent.event else sent.answer.get("state")
    refused = sent.answer.get("code")
    if refused and state != "refused_as_emergency":
        console.print(f"[red]refused[/red]   {escape(sent.file)}  [bold]{refused}[/bold]")
    else:
        colour = _COLOURS.get(str(state), "white")
        request_id = str(sent.answer.get("id", ""))
        console.print(f"[{colour}]{state}[/{colour}]  {escape(sent.file)}  [dim]{request_id}[/dim]")
    for line in _details(sent):
        console.print(f"            {escape(line)}", style="dim", highlight=False)


_COLOURS = {
    "assigned": "green",
    "searching": "yellow",
    "offered": "yellow",
    "refused_as_emergency": "magenta",
}


def _details(sent: Sent) -> Iterator[str]:
    if sent.shifted:
        days, rest = divmod(abs(round(sent.shifted.total_seconds())), 86400)
        which = "later" if sent.shifted > timedelta() else "earlier"
        yield f"instants {days} days {rest // 3600} h {which}: as if it were written now"
    if message := sent.answer.get("message"):
        yield words.by_clocks_here(message)
    if sent.shifted and sent.answer.get("code") == "same_id_other_content":
        yield "it was sent before, shifted to another instant: give it an id of its own"
    for problem in sent.answer.get("problems", ()):
        yield f"{problem['field']}: {problem['message']} ({problem['code']})"
    if sent.event is not None:
        data = orjson.dumps(sent.event["data"])
        yield from words.said(restored(sent.event["type"], sent.event["schemaversion"], data))
