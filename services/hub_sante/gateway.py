"""The door to the Hub Santé: AMQP over TLS, our queues read, our messages published (INTEROP, 4.1).

A message is let go once what it asks is in the log and its replies are with the Hub; killed before,
it comes again and changes nothing. What we send is delivered when its receipt has come, not before.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from aio_pika.exceptions import DeliveryError
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue
from nats.errors import Error as NatsError

from domain import request as requests
from events import streams
from services import telemetry
from services.deliver.courier import Courier
from services.deliver.destination import Refused
from services.deliver.ledger import Cursor, Ledger
from services.hub_sante.answers import Answers
from services.hub_sante.publishing import EXCHANGE_FAULTS, ToHub, broker_of, publish
from services.hub_sante.reading import carried
from services.hub_sante.receiving import NobodyNamed, NotUnderstood, Receiving
from services.hub_sante.replying import Demand, Replies
from services.hub_sante.schemas import Schemas
from services.hub_sante.sent import NAME, SentMessages
from services.hub_sante.threads import Threads
from services.hub_sante.writing import Kind as EdxlKind
from services.intake.about import patient_told_of
from services.intake.naming import request_of
from services.intake.rejections import Rejected, TryAgain, refusal
from services.intake.standing import standing
from services.log.database import UNREACHABLE, Connection
from services.log.leading import leading
from services.log.patience import patiently
from services.messaging import subjects
from services.messaging.subjects import Kind
from services.stopping import finished, stop

if TYPE_CHECKING:
    from services.app import House

logger = structlog.get_logger()

_ONE_ACTIVE = 4021904  # advisory lock
_STATUSES = 1000  # of the Hub: what is larger is none


class Gateway:
    """`run` it. One is active at a time, others stand by: a case is told in the order it came."""

    def __init__(self, house: "House") -> None:
        self._house = house
        self._settings = house.settings
        client_id = house.settings.hub_client_id
        assert client_id is not None, "the settings say who we are there"
        self._client_id = client_id
        threads = Threads(house.pool)
        schemas = house.settings.hub_schemas
        self._receiving = Receiving(
            client_id,
            threads,
            self._ask,
            self._is_known,
            house.settings.body_max_bytes,
            Schemas(schemas) if schemas else None,
        )
        self.ledger = Ledger(house.pool)
        self._sent = SentMessages(house.pool, self.ledger)
        self._in_turn = asyncio.Lock()  # an answer to a demand, or what the log says of it
        self._answers = Answers(client_id, house.log, threads, house.clock)

    async def run(self) -> None:
        """Take in and answer, for ever."""
        settings = self._settings
        while True:
            try:
                url = self._house.addresses.database_url
                async with leading(url, settings, _ONE_ACTIVE) as connection:
                    await self._serve(connection)
            except (*EXCHANGE_FAULTS, *UNREACHABLE) as fault:
                logger.warning("no Hub", error=type(fault).__name__)
            await asyncio.sleep(settings.hub_reconnect_seconds)

    async def _serve(self, connection: Connection) -> None:
        await self.ledger.open(NAME)
        async with self._connected() as broker:
            while True:
                cursor = await self.ledger.cursor(NAME)
                assert cursor is not None, "it was just opened"
                telling = asyncio.create_task(self._tell(broker, cursor))
                try:
                    await self._until_sent_back(connection, telling, cursor.generation)
                finally:
                    await stop([telling])

    async def _until_sent_back(
        self, connection: Connection, telling: asyncio.Task[None], generation: int
    ) -> None:
        """Or until telling is over. Raises what it raised, and if the lock is lost."""
        while not telling.done():
            await connection.execute("select 1")
            cursor = await self.ledger.cursor(NAME)
            if cursor is None or cursor.generation != generation:
                return
            await self._show_unanswered()
            await asyncio.sleep(self._settings.deliver_poll_seconds)
        telling.result()

    async def _show_unanswered(self) -> None:
        since = await self.ledger.unanswered_since(NAME)
        waited = (datetime.now(UTC) - since).total_seconds() if since else 0.0
        telemetry.oldest_unanswered_seconds.labels(NAME).set(max(waited, 0.0))

    async def _tell(self, broker: RabbitBroker, cursor: Cursor) -> None:
        if cursor.suspended_at is not None:
            await asyncio.Event().wait()
        house = self._house
        bell = house.bells.listen()
        try:
            to_hub = ToHub(broker, self._answers, self._sent, self._client_id, self._in_turn)
            await Courier(to_hub, self.ledger, house.log, self._settings, bell).run(cursor)
        finally:
            house.bells.forget(bell)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[RabbitBroker]:
        """With our three queues read, one message at a time each."""
        broker = broker_of(self._settings)

        def queue(suffix: str) -> dict[str, Any]:
            return {
                "queue": RabbitQueue(f"{self._client_id}.{suffix}", declare=False),
                "channel": Channel(prefetch_count=1),
                "ack_policy": AckPolicy.NACK_ON_ERROR,
                "no_reply": True,
                "decoder": _as_it_came,
            }

        @broker.subscriber(**queue("message"))
        async def message(message: RabbitMessage) -> None:
            await self._take(broker, message)

        @broker.subscriber(**queue("ack"))
        async def ack(message: RabbitMessage) -> None:
            await self._insistently(self._heard, message.body)

        @broker.subscriber(**queue("info"))
        async def info(message: RabbitMessage) -> None:
            await self._insistently(self._failed, message.body)

        starting = asyncio.create_task(broker.start())
        try:
            await asyncio.shield(starting)  # cut short, it would leave its connection behind
            yield broker
        finally:
            await finished(self._hang_up(broker, starting))

    async def _hang_up(self, broker: RabbitBroker, starting: asyncio.Task[None]) -> None:
        await asyncio.wait({starting}, timeout=self._settings.drain_timeout_seconds)
        await stop([starting])
        await broker.stop()

    async def _take(self, broker: RabbitBroker, message: RabbitMessage) -> None:
        """Taken in and replied to; what nobody foresaw is put aside, and holds up nobody."""
        body, now = message.body, self._house.clock.now()
        try:
            kind = message.raw_message.content_type
            replies = await self._receiving.receive(body, kind, now)
        except (*EXCHANGE_FAULTS, *UNREACHABLE) as fault:
            logger.warning("not taken in yet", error=type(fault).__name__)
            await asyncio.sleep(self._settings.hub_reconnect_seconds)
            raise
        except NobodyNamed as nobody:
            telemetry.refusals.labels("hub", nobody.code).inc()
            await self._put_aside(body, nobody)
            return
        except Exception:
            logger.exception("message put aside")
            await self._put_aside(body, NotUnderstood())
            replies = Replies(self._receiving.put_aside(body, now))
        try:
            for reply in replies.messages:
                await self._replied(broker, reply)
            if replies.demand is not None:
                await self._answered(broker, replies.demand)
        except (*EXCHANGE_FAULTS, *UNREACHABLE, DeliveryError) as fault:
            # With the Hub it cannot be now: the message comes again, and not at once.
            logger.warning("not replied yet", error=type(fault).__name__)
            await asyncio.sleep(self._settings.hub_reconnect_seconds)
            raise

    async def _answered(self, broker: RabbitBroker, demand: Demand) -> None:
        """By how the request stands now; the log's own answers come before it or after it."""
        async with self._in_turn:
            stream = streams.request(demand.request_id)
            state = await self._house.log.state(requests.decider, stream)
            said = demand.answer(standing(demand.request_id, state), self._house.clock.now())
            await self._replied(broker, said)

    async def _put_aside(self, body: bytes, why: Rejected) -> None:
        """However long NATS or PostgreSQL is away: what is let go is kept by nobody else."""
        subject = subjects.inbox(subjects.ANY_COMMUNITY, Kind.CARE_REQUEST)
        about = patient_told_of(body)
        put_aside = self._house.letters.put_aside
        await patiently(
            lambda: put_aside(body, subject, why, refusal(why), about=about),
            self._settings,
            "not put aside yet",
            passing=(NatsError, TimeoutError, *UNREACHABLE),
        )

    async def _insistently(self, hear: Callable[[bytes], Awaitable[None]], body: bytes) -> None:
        """However long PostgreSQL is away: a receipt comes once.

        What nobody foresaw is put aside, and holds up nobody.
        """
        try:
            await patiently(lambda: hear(body), self._settings, "receipt not noted yet")
        except Exception:
            logger.exception("receipt put aside")
            await self._put_aside(body, NotUnderstood())

    async def _replied(self, broker: RabbitBroker, reply: Mapping[str, Any]) -> None:
        """With the Hub, or a fault that passes."""
        if reply["distributionKind"] == EdxlKind.REPORT:
            await self._sent.replying(reply)
        # As its courier bounds what the log tells; also while a connection is made again.
        async with asyncio.timeout(self._settings.deliver_timeout_seconds):
            await publish(broker, self._client_id, reply)

    async def _ask(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The intake's answer: it is waited for, for as long as the log or the intake is away."""
        nats = self._house.broker.connection
        subject = subjects.ask(subjects.ANY_COMMUNITY, Kind.CARE_REQUEST)
        while True:
            try:
                answer = await nats.request(
                    subject, orjson.dumps(document), timeout=self._settings.http_answer_seconds
                )
                told: dict[str, Any] = orjson.loads(answer.data)
                if told.get("code") != TryAgain.code:
                    return told
            except (NatsError, TimeoutError) as fault:
                logger.warning("not taken in yet", error=type(fault).__name__)
            await asyncio.sleep(self._settings.hub_reconnect_seconds)

    async def _is_known(self, case_id: str) -> bool:
        history = await self._house.log.load(streams.request(request_of(case_id)))
        return history.version > 0

    async def _heard(self, body: bytes) -> None:
        """A receipt of a message of ours."""
        said = _content(body, "reference")
        number = self._of_ours(said.get("distributionID"))
        if number is None:
            return
        if said.get("refused"):
            by_its_recipient = Refused(None, "refused by its recipient")
            await self._sent.refused(number, by_its_recipient, by=_sender(body))
        else:
            await self._sent.received(number, by=_sender(body))

    async def _failed(self, body: bytes) -> None:
        """The Hub, or its recipient, could not take a message of ours."""
        said = _content(body, "error")
        code = said.get("errorCode")
        status = code.get("statusCode") if isinstance(code, dict) else None
        text = code.get("statusString") if isinstance(code, dict) else None
        status = status if type(status) is int and 0 <= status < _STATUSES else None
        logger.warning("refused by the Hub", status=status)
        number = self._of_ours(said.get("referencedDistributionID"))
        if number is not None:
            printable = "".join(filter(str.isprintable, text)) if isinstance(text, str) else ""
            refused = Refused(status, printable or "error")
            await self._sent.refused(number, refused, by=None)

    def _of_ours(self, number: object) -> str | None:
        """What names a message of ours, where it does: anybody may write anything there."""
        named = isinstance(number, str) and number.isprintable()
        return str(number) if named and str(number).startswith(f"{self._client_id}_") else None


async def _as_it_came(message: RabbitMessage) -> RabbitMessage:
    """Nothing decoded: what is wrong with a body is for `receiving` to say."""
    return message


def _sender(body: bytes) -> str:
    """Whom an envelope says it is from."""
    sender = str(orjson.loads(body).get("senderID"))
    return sender if sender.isprintable() else ""


def _content(body: bytes, root: str) -> Mapping[str, Any]:
    """Of an envelope, what is under that root; nothing, where it is none."""
    try:
        found = (carried(orjson.loads(body)) or {}).get(root)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
