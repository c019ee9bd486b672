"""Publishing on the Hub: with our certificate, under our own name, confirmed."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from aio_pika.exceptions import DeliveryError
from aiormq.exceptions import AMQPError, ChannelInvalidStateError
from faststream.rabbit import RabbitBroker, RabbitExchange
from faststream.security import BaseSecurity

from events.envelope import Recorded
from services.deliver.destination import Delivered, LeftOut, NotNow, Outcome, Parcel, Sent
from services.deliver.tls import client_context
from services.hub_sante.answers import Answers
from services.hub_sante.sent import NAME, SentMessages
from services.settings import Settings

EXCHANGE = "hubsante"
EXCHANGE_FAULTS = (AMQPError, ChannelInvalidStateError, OSError, ssl.SSLError, TimeoutError)
"""Faults that pass: the Hub is away."""
_CONTENT_TYPE = "application/json"


class ToHub:
    """A destination: whoever wrote to us over the Hub."""

    name = NAME

    def __init__(
        self,
        broker: RabbitBroker,
        answers: Answers,
        sent: SentMessages,
        client_id: str,
        in_turn: asyncio.Lock,
    ) -> None:
        self._in_turn = in_turn
        self._sent = sent
        self._broker = broker
        self._answers = answers
        self._client_id = client_id

    async def parcel(self, recorded: Recorded) -> Parcel | LeftOut | None:
        """What they are told."""
        return await self._answers.parcel(recorded)

    async def send(self, parcel: Parcel, nth: int) -> Outcome:  # noqa: ARG002 as the port
        """With the Hub; delivered when their receipt comes."""
        messages: Sequence[dict[str, Any]] = orjson.loads(parcel.body)
        # A receipt may be faster than the Hub's own confirmation: who has it is not told again.
        awaited = await self._sent.going(parcel.event_id, messages)
        if not awaited:
            return Delivered()
        try:
            async with self._in_turn:
                for message in messages:
                    if message["distributionID"] not in awaited:
                        continue
                    await publish(self._broker, self._client_id, message)
        except DeliveryError:
            return NotNow("the Hub has no queue for us")
        except EXCHANGE_FAULTS as fault:
            return NotNow(type(fault).__name__)
        return Sent()


async def publish(broker: RabbitBroker, client_id: str, message: Mapping[str, Any]) -> None:
    """With the Hub, confirmed, or an exception of AMQP."""
    await broker.publish(
        orjson.dumps(message),
        exchange=RabbitExchange(EXCHANGE, declare=False),
        routing_key=client_id,
        persist=True,
        mandatory=True,
        content_type=_CONTENT_TYPE,
    )


def broker_of(settings: Settings) -> RabbitBroker:
    """With our certificate, which is who we are there (SASL EXTERNAL)."""
    assert settings.hub_url is not None, "the settings say where it is"
    url = settings.hub_url.get_secret_value()
    security = None
    if settings.hub_certificate is not None:
        context = client_context(settings.hub_authority, settings.hub_certificate, settings.hub_key)
        security = BaseSecurity(ssl_context=context, use_ssl=True)
        url += ("&" if "?" in url else "?") + "auth=EXTERNAL"
    return RabbitBroker(
        url,
        security=security,
        reconnect_interval=settings.hub_reconnect_seconds,
        graceful_timeout=settings.drain_timeout_seconds,
        apply_types=False,
        logger=None,
        specification_url="amqps://hub",
    )
