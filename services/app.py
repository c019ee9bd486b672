"""The house: every service of a process, opened in order, closed in reverse."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from faststream.nats import NatsBroker
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from services.addresses import Addresses
from services.clock import Clock, SandboxClock, WallClock
from services.dispatch import service as dispatch_service
from services.dispatch.dispatcher import Dispatcher
from services.dispatch.elapsing import Elapsing
from services.dispatch.partition import Partition
from services.dispatch.taking import Taking
from services.intake import service as intake_service
from services.intake.absences import AbsenceDesk
from services.intake.agreements import AgreementDesk
from services.intake.care import CareDesk
from services.intake.contacts import ContactDesk
from services.intake.directory import Directory
from services.intake.emergency import EmergencyDesk
from services.intake.entitling import EntitlementDesk
from services.intake.holds import HoldDesk
from services.intake.importing import ImportDesk
from services.intake.offers import OfferDesk
from services.intake.reception import Desks, Reception
from services.intake.register import Register
from services.intake.reporting import ReportingDesk
from services.intake.samu import SamuDesk
from services.intake.series import SeriesDesk
from services.intake.slots import SlotDesk
from services.intake.visits import VisitDesk
from services.log.appender import Appender
from services.log.bells import Bells
from services.log.database import Pool, connect, pool_of
from services.log.execute import Executor
from services.log.migrate import is_current, migrate
from services.log.reader import Log
from services.log.relay import Relay
from services.log.vault import Sealer, Vault, master_key
from services.messaging import streams, subjects
from services.messaging.broker import broker_for
from services.messaging.dead_letters import DeadLetters
from services.messaging.nats_users import inbox_at
from services.notify.channels import ways
from services.notify.notifier import Notifier
from services.sandbox import service as sandbox_service
from services.settings import Settings
from services.stopping import Together, stop

if TYPE_CHECKING:
    from services.deliver.deliverer import Deliverer
    from services.hub_sante.gateway import Gateway
    from services.projector.projector import Projector

log = structlog.get_logger()

T = TypeVar("T")


class Service(StrEnum):
    """What can be run, together or each in a process of its own."""

    RELAY = "relay"
    INTAKE = "intake"
    DISPATCH = "dispatch"
    PROJECTOR = "projector"
    API = "api"
    NOTIFY = "notify"
    DELIVER = "deliver"
    HUB = "hub"


class NotProvisioned(Exception):
    """The database or the streams are not ready: run `snp provision` first."""


class House:
    """What the services of one process share. Made by `open_house`."""

    def __init__(self, settings: Settings, addresses: Addresses, clock: Clock, pool: Pool) -> None:
        self.settings = settings
        self.addresses = addresses
        self.clock = clock
        self.pool = pool
        self.version = version("snp-dispatch")
        self.bells = Bells()
        self.appender = Appender(addresses.database_url, settings, self.bells)
        self.log = Log(pool, self.appender.tail)
        self.vault = Vault(pool, Sealer(master_key(settings)))
        again = timedelta(seconds=settings.agreements_read_again_seconds)
        self.directory = Directory(self.log, again)
        self.broker = broker_for(addresses.nats_url, settings, on_closed=self._closed)
        self.letters: DeadLetters
        self.dispatcher: Dispatcher | None = None
        self.taking: Taking
        self.reception: Reception
        self.relay: Relay | None = None
        self.notifier: Notifier | None = None
        self.projectors: list[Projector] = []
        self.showing = asyncio.Event()  # the read models are there
        self.spared = False  # a process of ours alone: what is loaded is never collected
        self.stopping = asyncio.Event()
        self._open = False
        self._asking: dict[str, asyncio.Task[Any]] = {}  # whether the servers answer

    async def _closed(self) -> None:
        """The NATS client gave up for good: a process that hears nothing must end."""
        if not self.stopping.is_set():
            log.error("NATS connection closed for good")
            self.stopping.set()

    async def readiness(self) -> dict[str, Any]:
        """Whether requests are taken in and dispatched now; how far the read models are."""
        head, answers = await asyncio.gather(
            self._answered("log", self.log.head()), self._answered("nats", self._flushed())
        )
        return {
            "ready": self._open and bool(answers) and head is not None,
            "log": head,
            "nats": bool(answers),
            "read_models": {p.name: p.position for p in self.projectors},
        }

    async def _flushed(self) -> bool:
        """There and back: a connection may look well long after nobody is there any more."""
        if not self.broker.connection.is_connected:
            return False
        await self.broker.connection.flush(int(self.settings.readiness_timeout_seconds))
        return True

    async def _answered(self, what: str, question: Coroutine[Any, Any, T]) -> T | None:
        """The answer, or None where there is none in time.

        A question to a server that hangs is not waited for, nor asked twice: even cancelling it
        would be waited for.
        """
        asking = self._asking.get(what)
        if asking is None:
            asking = self._asking[what] = asyncio.create_task(question)
            asking.add_done_callback(partial(self._heard, what))
        else:
            question.close()
        within = self.settings.readiness_timeout_seconds
        done, _ = await asyncio.wait({asking}, timeout=within)
        if not done:
            return None
        if asking.cancelled() or asking.exception() is not None:
            return None
        answer: T = asking.result()
        return answer

    def _heard(self, what: str, asking: asyncio.Task[Any]) -> None:
        """What was not answered in time says nothing of now: whoever asks next asks anew."""
        self._asking.pop(what, None)
        if not asking.cancelled():
            asking.exception()

    async def stop_asking(self) -> None:
        """Nobody waits for what was not answered."""
        await stop(list(self._asking.values()))

    def executor(self, service: str) -> Executor:
        """For a service that decides over streams it does not keep in memory."""
        return Executor(self.log, self.appender, self.settings, service)

    async def settled(self) -> None:
        """Return when everything in the log has been decided about and is shown."""
        if self.dispatcher is not None:
            await self.dispatcher.settled()
        await self.showing.wait()
        for projector in self.projectors:
            await projector.caught_up()


async def provision(settings: Settings, addresses: Addresses) -> None:
    """Tables, streams and consumers, as this code needs them. Twice changes nothing."""
    connection = await connect(addresses.database_url, settings)
    try:
        current = await is_current(connection)
    finally:
        await connection.close()
    if not current:
        await asyncio.to_thread(migrate, addresses.database_url)
    if settings.reader_password is not None:
        from services.projector.readers import make_reader  # noqa: PLC0415 every read model with it

        async with await connect(addresses.database_url, settings) as connection:
            await make_reader(connection, settings.reader_password.get_secret_value())
    broker = broker_for(addresses.nats_url, settings)
    await broker.connect()
    try:
        await streams.provision(jetstream(broker, settings), settings)
    finally:
        await broker.stop()


def jetstream(broker: NatsBroker, settings: Settings) -> JetStreamContext:
    """The JetStream context of a connected broker, with our patience."""
    context: JetStreamContext = broker.connection.jetstream(
        timeout=settings.publish_timeout_seconds
    )
    return context


@asynccontextmanager
async def open_house(
    settings: Settings,
    addresses: Addresses,
    *,
    services: Collection[Service] = frozenset(Service),
    clock: Clock | None = None,
    partition: Partition | None = None,
) -> AsyncIterator[House]:
    """The services, running until the end of the block. A service that fails ends them all."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(pool_of(addresses.database_url, settings))
        house = House(settings, addresses, clock or WallClock(), pool)
        await house.vault.check_key()
        await house.broker.connect()
        stack.push_async_callback(house.broker.stop)
        stack.callback(house.stopping.set)  # however it ends: what closes then was told to
        house.letters = DeadLetters(house.broker.connection, house.vault, settings)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        running: list[asyncio.Task[None]] = [tasks.create_task(house.appender.run())]
        stack.push_async_callback(stop, running)
        stack.push_async_callback(house.stop_asking)

        bells = house.bells

        async def bell(message: Msg) -> None:
            if int(message.data) > house.appender.tail.last:
                bells.ring()  # of what another process wrote: our own was heard when it was written

        # No subscriber of the broker: it rings with every batch, and would cost half of a request.
        await house.broker.connection.subscribe(subjects.BELL, cb=bell)
        running += await _started(house, services, tasks, partition or Partition())
        await house.broker.start()
        # Whoever asks from now on finds somebody: what we listen to has reached the server.
        await house.broker.connection.flush(int(settings.publish_timeout_seconds))
        house._open = True  # noqa: SLF001 made here
        if Service.PROJECTOR in services:
            running.append(tasks.create_task(_project(house)))
        else:
            house.showing.set()
        yield house
        house.stopping.set()
        # First nothing new comes in, then what was begun is finished.
        for subscriber in house.broker.subscribers:
            await subscriber.stop()
        if house.dispatcher is not None:
            await house.dispatcher.finish(timedelta(seconds=settings.drain_timeout_seconds))


async def _started(
    house: House, services: Collection[Service], tasks: asyncio.TaskGroup, partition: Partition
) -> list[asyncio.Task[None]]:
    """What these services listen to, and what they do beside."""
    running: list[asyncio.Task[None]] = []
    if Service.DISPATCH in services:
        running += await _dispatch(house, tasks, partition)
    if Service.INTAKE in services:
        house.reception = _reception(house)
        house.broker.include_router(
            intake_service.routes(
                house.reception,
                house.letters,
                house.settings,
                inbox_at(house.addresses.nats_url),
            )
        )
    if Service.NOTIFY in services:
        house.notifier = _notifier(house)
        running.append(tasks.create_task(house.notifier.run()))
    if Service.DELIVER in services:
        running.append(tasks.create_task(_deliver(house)))
    if Service.HUB in services and house.settings.hub_url:
        running.append(tasks.create_task(_hub(house)))
    if Service.RELAY in services:
        house.relay = Relay(
            house.addresses.database_url,
            house.broker.connection,
            house.settings,
            house.bells.listen(),
            house.appender.tail,
        )
        running.append(tasks.create_task(house.relay.run()))
    if isinstance(house.clock, SandboxClock):
        house.broker.include_router(sandbox_service.routes(house.clock, lambda: house.dispatcher))
    return running


async def _dispatch(
    house: House, tasks: asyncio.TaskGroup, partition: Partition
) -> list[asyncio.Task[None]]:
    """The dispatcher and what watches the clock beside it, opened and running."""
    bells, settings, executor = house.bells, house.settings, house.executor("dispatch")
    house.dispatcher = Dispatcher(
        house.pool, house.log, house.appender, house.clock, settings, bells.listen(), partition
    )
    await house.dispatcher.open()
    elapsing = Elapsing(
        house.pool, house.log, executor, house.clock, settings, bells.listen(), partition
    )
    house.taking = Taking(executor, house.dispatcher.board, house.dispatcher.expecting, house.clock)
    house.broker.include_router(dispatch_service.routes(house.taking))
    return [tasks.create_task(house.dispatcher.run()), tasks.create_task(elapsing.run())]


def _notifier(house: House) -> Notifier:
    return Notifier(
        house.pool,
        house.log,
        house.executor("notify"),
        house.vault,
        house.clock,
        house.settings,
        house.bells.listen(),
        ways(house.settings),
    )


def _reception(house: House) -> Reception:
    executor = house.executor("intake")
    sealer = house.vault.sealer
    emergencies = EmergencyDesk(executor, house.directory)
    care = CareDesk(emergencies, executor, house.directory, sealer, house.settings.hold_minutes)
    desks = Desks(
        care=care,
        emergencies=emergencies,
        samu=SamuDesk(care, emergencies, executor, sealer),
        register=Register(executor, house.directory),
        slots=SlotDesk(executor, house.directory),
        visits=VisitDesk(executor, sealer),
        offers=OfferDesk(executor, house.settings),
        holds=HoldDesk(executor, house.settings),
        absences=AbsenceDesk(executor, house.vault),
        agreements=AgreementDesk(executor, house.directory),
        imports=ImportDesk(executor, house.directory),
        contacts=ContactDesk(executor, house.vault),
        series=SeriesDesk(executor),
        reporting=ReportingDesk(executor, house.vault),
        entitlements=EntitlementDesk(executor, sealer),
    )
    return Reception(
        desks,
        sealer,
        house.clock,
        house.settings,
    )


async def _deliver(house: House) -> None:
    """HTTP clients and signatures take a while to load: nothing waits for them."""
    module = await asyncio.to_thread(importlib.import_module, "services.deliver.deliverer")
    deliverer: Deliverer = module.Deliverer(
        house.addresses.database_url,
        house.pool,
        house.log,
        house.vault,
        house.clock,
        house.settings,
        house.bells,
    )
    await deliverer.run()


async def _hub(house: House) -> None:
    """AMQP and the schemas are for whoever has a Hub."""
    module = await asyncio.to_thread(importlib.import_module, "services.hub_sante.gateway")
    gateway: Gateway = module.Gateway(house)
    await gateway.run()


async def _project(house: House) -> None:
    """The read models. SQLAlchemy takes most of a second to load: the rest does not wait for it."""
    catalogue = await asyncio.to_thread(importlib.import_module, "projections.catalogue")
    module = await asyncio.to_thread(importlib.import_module, "services.projector.projector")
    async with Together() as tasks:
        for projection in catalogue.PROJECTIONS.values():
            projector: Projector = module.Projector(
                house.pool, house.log, projection, house.settings, house.bells.listen()
            )
            await projector.open()
            house.projectors.append(projector)
            tasks.create_task(projector.run())
        house.showing.set()
