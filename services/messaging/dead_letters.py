"""What could not be accepted: the reason on JetStream, the body sealed in the vault.

A body may name a patient, so it is nowhere in clear: not on the stream, not in a log line.
"""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import orjson
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from domain.decider import Refused
from services import telemetry
from services.log.vault import LETTER, Vault
from services.messaging import streams, subjects
from services.settings import Settings

_COMMUNITY = re.compile(r"[0-9AB]{9}|any")
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
    ) -> None:
        """Keep message and reason. The same message twice for the same reason is one letter.

        `about`: the patient whose erasure takes the body along.
        """
        digest = self._vault.sealer.fingerprint(body + subject.encode() + refused.code.encode())
        letter_id = uuid5(_LETTERS, digest)
        await self._vault.keep(
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
        await self._js.publish(
            subjects.dead(community, kind),
            orjson.dumps(asdict(letter)),
            stream=streams.DEAD_LETTERS,
            headers={"Nats-Msg-Id": letter.id},
        )
        telemetry.dead_letters.labels(refused.code).inc()

    async def all(self, limit: int = 1000) -> list[DeadLetter]:
        """The letters in the stream, oldest first, at most so many of the newest."""
        state = (await self._js.stream_info(streams.DEAD_LETTERS)).state
        if not state.messages:
            return []
        letters: list[DeadLetter] = []
        for sequence in range(max(state.first_seq, state.last_seq - limit + 1), state.last_seq + 1):
            try:
                message = await self._js.get_msg(streams.DEAD_LETTERS, sequence)
            except NotFoundError:
                continue  # replayed before
            letters.append(
                DeadLetter(**orjson.loads(message.data or b"{}") | {"sequence": sequence})
            )
        return letters

    async def replay(self, letter: DeadLetter, *, actor: str) -> None:
        """Send the message again to where it was sent, and take the letter off the stream.

        Opening the body is journalled. Refused again, it comes back with its new reason.
        """
        body = await self._vault.open_letter(
            UUID(letter.id), actor=actor, reason="dead letter replayed"
        )
        await self._js.publish(
            _inbox(letter.subject),
            body,
            stream=streams.INBOX,
            # Another id than the first time: within the window JetStream would drop it.
            headers={"Nats-Msg-Id": f"{letter.id}-{letter.sequence}"},
        )
        await self._js.delete_msg(streams.DEAD_LETTERS, letter.sequence)


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
