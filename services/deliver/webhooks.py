"""Webhooks: what a partner may follow, told to an address of theirs, signed (Standard Webhooks).

`webhook-id` is the event's: told again, it is the same. What the account may no longer follow is
told no more, from that second on.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from time import time
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx

from domain.decider import Refused
from events import streams
from events.envelope import Recorded
from services.access.gate import Gate
from services.access.permissions import Look, Scope
from services.access.tokens import InvalidToken
from services.deliver.addresses import NoAddress, reached
from services.deliver.destination import LeftOut, NotNow, Outcome, Parcel
from services.deliver.http import outcome_of
from services.deliver.ledger import OPEN
from services.log.commands import Sealed
from services.log.database import Pool, one_at_a_time
from services.log.vault import Sealer
from services.messaging.facts import fact
from services.settings import Settings

PREFIX = "webhook:"
HEARD = frozenset({"request", "agenda"})
"""Kinds of streams others may follow: what people are is nobody's news."""
_SECRET_BYTES = 32
_SEALED = "webhook"
_COLUMNS = "webhook_id, account_id, url, names, community, key, secret, made_at"
_MAKE = (
    "insert into webhooks (webhook_id, account_id, url, names, community, key, secret)"  # noqa: S608 columns above
    f" values (%s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}"
)


_COUNT = "select count(*) from webhooks where account_id = %s and ended_at is null"


class EnoughWebhooks(Refused):
    """You have as many webhooks as one account may have: end one first."""

    code = "too_many_webhooks"


@dataclass(frozen=True)
class Webhook:
    """Whom to tell, what, and where."""

    webhook_id: UUID
    account_id: UUID
    url: str
    names: Sequence[str]  # of events; none: all
    community: str | None  # None: every one the account may follow
    sealed: Sealed
    made_at: datetime

    @property
    def destination(self) -> str:
        """What the ledger calls it."""
        return f"{PREFIX}{self.webhook_id}"


class Webhooks:
    """The table of them."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool = pool
        self._sealer = sealer

    async def make(
        self,
        account_id: UUID,
        url: str,
        names: Sequence[str],
        community: str | None,
        since: int | None = None,
        *,
        most: int,
    ) -> tuple[Webhook, str]:
        """A new one with its secret, `whsec_…`, shown once. It hears from now, or from then.

        Raises EnoughWebhooks for an account that has so many.
        """
        webhook_id, secret = uuid4(), token_bytes(_SECRET_BYTES)
        sealed = self._sealer.seal(secret, kind=_SEALED, ref=webhook_id, subject=account_id)
        async with self._pool.connection() as connection, connection.transaction():
            await one_at_a_time(connection, f"webhooks {account_id}")
            cursor = await connection.execute(_COUNT, (account_id,))
            if cast("tuple[int]", await cursor.fetchone())[0] >= most:
                raise EnoughWebhooks
            await connection.execute(OPEN, {"name": f"{PREFIX}{webhook_id}", "since": since})
            cursor = await connection.execute(
                _MAKE,
                (webhook_id, account_id, url, list(names), community, sealed.key, sealed.body),
            )
            row = cast("tuple[Any, ...]", await cursor.fetchone())
        return _webhook(row), "whsec_" + base64.b64encode(secret).decode()

    async def all(self, account_id: UUID | None = None) -> list[Webhook]:
        """Those that are not over; of one account, or of all."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                f"select {_COLUMNS} from webhooks where ended_at is null"  # noqa: S608 columns above
                " and (%s::uuid is null or account_id = %s) order by made_at, webhook_id",
                (account_id, account_id),
            )
            return [_webhook(row) for row in await cursor.fetchall()]

    async def end(self, webhook_id: UUID) -> None:
        """Nothing more is told there; the secret is destroyed."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "update webhooks set ended_at = clock_timestamp(), key = '', secret = ''"
                " where webhook_id = %s and ended_at is null",
                (webhook_id,),
            )

    def secret_of(self, webhook: Webhook) -> bytes:
        """By which it is signed."""
        return self._sealer.open(webhook.sealed)


def signed(secret: bytes, message_id: str, at: int, body: bytes) -> Mapping[str, str]:
    """The three headers of Standard Webhooks 1.0. `at`: seconds since 1970."""
    content = f"{message_id}.{at}.".encode() + body
    mac = base64.b64encode(hmac.digest(secret, content, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{mac}",
    }


class ToWebhook:
    """A destination: one subscriber."""

    def __init__(self, webhook: Webhook, secret: bytes, gate: Gate, settings: Settings) -> None:
        self.name = webhook.destination
        self._webhook = webhook
        self._secret = secret
        self._gate = gate
        self._anywhere = settings.webhooks_anywhere
        # No redirects: an address that was looked at sends nobody to one that was not.
        self._client = httpx.AsyncClient(timeout=settings.deliver_timeout_seconds)

    async def aclose(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def parcel(self, recorded: Recorded) -> Parcel | LeftOut | None:
        """The event, if the account may follow it now and asked for it."""
        hook, community = self._webhook, recorded.meta.community
        if streams.kind(recorded.stream) not in HEARD:
            return None
        if hook.names and recorded.event.name not in hook.names:
            return None
        if hook.community is not None and community != hook.community:
            return None
        try:
            holder = await self._gate.holder(hook.account_id)
        except InvalidToken:
            return None
        scope = Scope(frozenset({community}) if community else frozenset())
        if holder.may(Look.EVENTS, scope) is None:
            return None
        return Parcel(recorded, recorded.event.name, fact(recorded))

    async def send(self, parcel: Parcel, nth: int) -> Outcome:  # noqa: ARG002 as the port
        """Told, signed now."""
        headers = signed(self._secret, str(parcel.event_id), int(time()), parcel.body)
        headers = {**headers, "Content-Type": "application/cloudevents+json"}
        url, extensions = self._webhook.url, {}
        if not self._anywhere:
            try:
                url, host = await reached(url)
            except NoAddress:
                return NotNow("no public address")
            headers["Host"] = host
            extensions = {"sni_hostname": urlsplit(self._webhook.url).hostname}
        try:
            # What they say is nothing to us: its head is enough.
            request = self._client.build_request(
                "POST", url, content=parcel.body, headers=headers, extensions=extensions
            )
            answer = await self._client.send(request, stream=True)
            await answer.aclose()
        except httpx.HTTPError as fault:
            return NotNow(type(fault).__name__)
        return outcome_of(answer)


def _webhook(row: tuple[Any, ...]) -> Webhook:
    webhook_id, account_id, url, names, community, key, secret, made_at = row
    sealed = Sealed(webhook_id, account_id, _SEALED, bytes(key), bytes(secret))
    return Webhook(webhook_id, account_id, url, tuple(names), community, sealed, made_at)
