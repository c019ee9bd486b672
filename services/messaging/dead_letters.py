"""What could not be accepted: the reason on JetStream, the body sealed in the vault.

A body may name a patient, so it is nowhere in clear: not on the stream, not in a log line.
"""

import re
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeout
from nats.js import api
from nats.js.errors import APIError

from domain.decider import Refused
from services import telemetry
from services.log.vault import LETTER, Vault
from services.messaging import streams, subjects
from services.settings import Settings

_COMMUNITY = re.compile(r"[0-9AB]{9}|any")
MOST = 1000  # letters that are looked at in one go
_REPLAYED = "Snp-Replayed"  # which letter a message was, by its number in the stream
_NO_MESSAGE = "no message found"  # says nats-server under 10057, as of anything it cannot delete
_AT_ONCE = 256
_PATIENCE_SECONDS = 2.0
_LETTERS = UUID("0b3f8f0e-2f5a-5c0c-8f0a-6d2b7c1e9a10")


@dataclass(frozen=True)
class DeadLetter:
    """Why a message was put aside. The body is in the vault under the same id."""

    id: str
    code: str
    message: str
    problems: list[dict[str, Any]]
    subject: str
    received_at: str
    sequence: int = 0  # in the stream


class DeadLetters:
    """The stream of dead letters."""

    def __init__(self, nats: Client, vault: Vault, settings: Settings) -> None:
        self._js = nats.jetstream(timeout=settings.publish_timeout_seconds)
        self._vault = vault

    async def put_aside(
        self,
        body: bytes,
        subject: str,
        refused: Refused,
        told: dict[str, Any],
        *,
        about: UUID | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep message and reason. The same message twice for the same reason is one letter.

        `about`: the patient whose erasure takes the body along. `headers`: those it came with, by
        which one that was replayed is known: it is put aside again, however soon.
        """
        digest = self._vault.sealer.fingerprint(body + subject.encode() + refused.code.encode())
        letter_id = uuid5(_LETTERS, digest)
        since = await self._vault.keep(
            self._vault.sealer.seal(body, kind=LETTER, ref=letter_id, subject=about or letter_id)
        )
        letter = DeadLetter(
            id=str(letter_id),
            code=refused.code,
            message=told["message"],
            problems=told.get("problems", []),
            subject=_harmless(subject),
            received_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )
        community, kind = subjects.parts(letter.subject)
        replayed = (headers or {}).get(_REPLAYED)
        await self._js.publish(
            subjects.dead(community, kind),
            orjson.dumps(asdict(letter)),
            stream=streams.DEAD_LETTERS,
            # Erased and refused once more, it is another one: its body is.
            headers={"Nats-Msg-Id": f"{letter.id}-{since.timestamp()}-{replayed}"},
        )
        telemetry.dead_letters.labels(refused.code).inc()

    async def all(self, limit: int | None = MOST) -> list[DeadLetter]:
        """The letters in the stream, oldest first, at most so many of the newest; None: all."""
        newest: deque[DeadLetter] = deque(maxlen=limit)
        async for message in self._messages():
            found = orjson.loads(message.data)
            newest.append(DeadLetter(**found | {"sequence": message.metadata.sequence.stream}))
        return list(newest)

    async def count(self) -> int:
        """How many there are."""
        return (await self._js.stream_info(streams.DEAD_LETTERS)).state.messages

    async def replay(self, letter: DeadLetter, *, actor: str) -> None:
        """Send the message again to where it was sent, and take the letter off the stream.

        Opening the body is journalled. Refused again, it comes back with its new reason. Raises
        Erased or NothingSealed where it or whoever it names was erased: it can only be dropped.
        """
        body = await self._vault.open_letter(
            UUID(letter.id), actor=actor, reason="dead letter replayed"
        )
        await self._js.publish(
            _inbox(letter.subject),
            body,
            stream=streams.INBOX,
            headers={
                # Another id than the first time: within the window JetStream would drop it.
                "Nats-Msg-Id": f"{letter.id}-{letter.sequence}",
                _REPLAYED: str(letter.sequence),
            },
        )
        await self.drop(letter)

    async def drop(self, letter: DeadLetter) -> None:
        """Take the letter off the stream, if it is still there; its body stays sealed in the vault.

        Somebody else may have replayed it meanwhile: the message itself is then sent once.
        """
        try:
            await self._js.delete_msg(streams.DEAD_LETTERS, letter.sequence)
        except APIError as error:
            if error.description != _NO_MESSAGE:
                raise

    async def erase(self, letter_id: UUID) -> list[str]:
        """Destroy it and all others of whom it names, then take them off the stream: which."""
        gone = {str(ref) for ref in await self._vault.destroy_letters(letter_id)}
        for letter in await self.all(None):
            if letter.id in gone or letter.id == str(letter_id):
                gone.add(letter.id)
                await self.drop(letter)
        return sorted(gone)

    async def _messages(self) -> AsyncIterator[Msg]:
        """What is in the stream, in order. What was deleted leaves gaps in its numbers."""
        left = await self.count()
        if not left:
            return
        config = api.ConsumerConfig(ack_policy=api.AckPolicy.NONE)
        reading = await self._js.pull_subscribe(
            subjects.DEAD, stream=streams.DEAD_LETTERS, config=config
        )
        try:
            while left > 0:
                for message in await reading.fetch(min(left, _AT_ONCE), timeout=_PATIENCE_SECONDS):
                    left = message.metadata.num_pending
                    yield message
        except NatsTimeout:
            return  # what was counted was deleted meanwhile
        finally:
            await reading.unsubscribe()


def _harmless(subject: str) -> str:
    """The subject, with a community only if it is one: anything may have been written there."""
    community, kind = subjects.parts(subject)
    if not _COMMUNITY.fullmatch(community):
        community = subjects.NO_COMMUNITY
    if kind not in set(subjects.Kind):
        kind = "unknown"
    return subjects.inbox(community, kind)


def _inbox(subject: str) -> str:
    community, kind = subjects.parts(subject)
    return subjects.inbox(community, kind)
