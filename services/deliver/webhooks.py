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
_COLUMNS = (
    "webhook_id, account_id, url, names, community, made_at,"
    " (select max(until) from webhook_former_secrets former"
    " where former.webhook_id = webhooks.webhook_id and until > clock_timestamp())"
)
_MAKE = (
    "insert into webhooks (webhook_id, account_id, url, names, community, key, secret)"  # noqa: S608 columns above
    f" values (%s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}"
)
_COUNT = "select count(*) from webhooks where account_id = %s and ended_at is null"
_CHANGING = "select from webhooks where webhook_id = %s and ended_at is null for update"
_COUNT_FORMER = """
select count(*) from webhook_former_secrets
where webhook_id = %s and until > clock_timestamp()
"""
_TO_FORMER = """
insert into webhook_former_secrets (webhook_id, key, secret, until)
select webhook_id, key, secret, clock_timestamp() + make_interval(secs => 3600 * %(hours)s)
from webhooks where webhook_id = %(webhook_id)s
"""
_CHANGE = (
    "update webhooks set key = %(key)s, secret = %(secret)s"  # noqa: S608 columns above
    f" where webhook_id = %(webhook_id)s returning {_COLUMNS}"
)
_SECRETS = """
select account_id, key, secret, null::timestamptz as until
from webhooks where webhook_id = %(id)s and ended_at is null
union all
select account_id, former.key, former.secret, until
from webhook_former_secrets former join webhooks using (webhook_id)
where webhook_id = %(id)s and ended_at is null and until > clock_timestamp()
order by until desc nulls first
"""
_FORGET = "delete from webhook_former_secrets where until <= clock_timestamp()"
_FORGET_ALL = "delete from webhook_former_secrets where webhook_id = %s"
_END = """
update webhooks set ended_at = clock_timestamp(), key = '', secret = ''
where webhook_id = %s and ended_at is null
"""


class NoSuchWebhook(Refused):
    """There is no such webhook of yours."""

    code = "no_such_webhook"


class EnoughWebhooks(Refused):
    """You have as many webhooks as one account may have: end one first."""

    code = "too_many_webhooks"


class EnoughSecrets(Refused):
    """As many secrets of this webhook sign as may at once: wait, or end them (former_hours: 0)."""

    code = "too_many_secrets"


@dataclass(frozen=True)
class Webhook:
    """Whom to tell, what, and where."""

    webhook_id: UUID
    account_id: UUID
    url: str
    names: Sequence[str]  # of events; none: all
    community: str | None  # None: every one the account may follow
    made_at: datetime
    former_until: datetime | None  # signed with former secrets as well

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
        webhook_id = uuid4()
        secret, sealed = self._secret(webhook_id, account_id)
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
        return Webhook(*row), secret

    async def change_secret(
        self, webhook: Webhook, former_hours: float, *, most: int
    ) -> tuple[Webhook, str]:
        """Its new secret, `whsec_…`, shown once; for so long the former one signs as well.

        So do those before it, each for its time; for no hours, none does any more. Raises
        NoSuchWebhook, and EnoughSecrets where so many former ones sign.
        """
        webhook_id = webhook.webhook_id
        secret, sealed = self._secret(webhook_id, webhook.account_id)
        given = {"webhook_id": webhook_id, "key": sealed.key, "secret": sealed.body}
        async with self._pool.connection() as connection, connection.transaction():
            if await (await connection.execute(_CHANGING, (webhook_id,))).fetchone() is None:
                raise NoSuchWebhook
            if former_hours > 0:
                cursor = await connection.execute(_COUNT_FORMER, (webhook_id,))
                if cast("tuple[int]", await cursor.fetchone())[0] >= most:
                    raise EnoughSecrets
                await connection.execute(_TO_FORMER, given | {"hours": former_hours})
            else:
                await connection.execute(_FORGET_ALL, (webhook_id,))
            cursor = await connection.execute(_CHANGE, given)
            row = cast("tuple[Any, ...]", await cursor.fetchone())
        return Webhook(*row), secret

    async def forget_former(self) -> None:
        """A secret whose time is over is destroyed."""
        async with self._pool.connection() as connection:
            await connection.execute(_FORGET)

    def _secret(self, webhook_id: UUID, account_id: UUID) -> tuple[str, Sealed]:
        """A new one, as it is shown and as it is kept."""
        secret = token_bytes(_SECRET_BYTES)
        sealed = self._sealer.seal(secret, kind=_SEALED, ref=webhook_id, subject=account_id)
        return "whsec_" + base64.b64encode(secret).decode(), sealed

    async def all(self, account_id: UUID | None = None) -> list[Webhook]:
        """Those that are not over; of one account, or of all."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                f"select {_COLUMNS} from webhooks where ended_at is null"  # noqa: S608 columns above
                " and (%s::uuid is null or account_id = %s) order by made_at, webhook_id",
                (account_id, account_id),
            )
            return [Webhook(*cast("tuple[Any, ...]", row)) for row in await cursor.fetchall()]

    async def end(self, webhook_id: UUID) -> None:
        """Nothing more is told there; the secret is destroyed."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_END, (webhook_id,))
            await connection.execute(_FORGET_ALL, (webhook_id,))

    async def secrets(self, webhook_id: UUID) -> Sequence[bytes]:
        """By which it is signed now, the one that stands first. Empty: it is over."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_SECRETS, {"id": webhook_id})
            rows = cast("list[tuple[UUID, bytes, bytes, datetime]]", await cursor.fetchall())
        return tuple(
            self._sealer.open(Sealed(webhook_id, account_id, _SEALED, bytes(key), bytes(body)))
            for account_id, key, body, _ in rows
        )


def signed(secrets: Sequence[bytes], message_id: str, at: int, body: bytes) -> Mapping[str, str]:
    """The three headers of Standard Webhooks 1.0, with a signature of each secret.

    `at`: seconds since 1970.
    """
    content = f"{message_id}.{at}.".encode() + body
    macs = [base64.b64encode(hmac.digest(secret, content, "sha256")) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{mac.decode()}" for mac in macs),
    }


class ToWebhook:
    """A destination: one subscriber."""

    def __init__(self, webhook: Webhook, table: Webhooks, gate: Gate, settings: Settings) -> None:
        self.name = webhook.destination
        self._webhook = webhook
        self._table = table
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
        url, named, extensions = self._webhook.url, {}, {}
        if not self._anywhere:
            try:
                url, host = await reached(url)
            except NoAddress:
                return NotNow("no public address")
            named = {"Host": host}
            extensions = {"sni_hostname": urlsplit(self._webhook.url).hostname}
        secrets = await self._table.secrets(self._webhook.webhook_id)
        if not secrets:
            return NotNow("ended")  # whoever ended it ends the courier as well
        headers = signed(secrets, str(parcel.event_id), int(time()), parcel.body)
        headers = {**headers, **named, "Content-Type": "application/cloudevents+json"}
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
