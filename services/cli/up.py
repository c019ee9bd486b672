"""`snp up` and `snp run`: the services of this process, until they are told to stop."""

import asyncio
import gc
import re
import tempfile
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.cli.errors import Told
from services.cli.signals import ended_by_signals, ends_at_last, on_signals
from services.embedded import state as states
from services.embedded.nats_server import NatsServer
from services.embedded.postgres import Postgres
from services.settling import settle_in

if TYPE_CHECKING:
    from services.addresses import Addresses
    from services.app import House, Service
    from services.settings import Settings


def up_until_stopped(
    state: Path | None,
    http_host: str | None,
    http_port: int | None,
    *,
    demo: bool,
    sandbox: "Sandbox | None" = None,
    as_json: bool,
) -> None:
    """Everything. The servers start first: they are ready by the time the rest is loaded."""
    began = time.monotonic()
    ended_by_signals()
    if not as_json:
        print("Starting PostgreSQL, NATS and the services…", flush=True)
    gc.disable()  # what is loaded at start is never garbage
    from services.settings import of_nobody, settings_with

    settings = settings_with(state=state, http_host=http_host, http_port=http_port)
    with ExitStack() as stack:
        if sandbox is not None:
            made = None
            if state is None:
                made = stack.enter_context(tempfile.TemporaryDirectory(prefix="snp-sandbox-"))
                Path(made).chmod(0o711)  # PostgreSQL may run as another account
            settings = of_nobody(settings, Path(made) if made else settings.state)
        stack.enter_context(states.owned(settings.state))
        states.check_kind(settings.state, sandbox=sandbox is not None)
        postgres = None if settings.database_url else Postgres(settings.state)
        nats = (
            None if settings.nats_url else NatsServer(settings.state, settings.embedded_nats_port)
        )
        for server in (nats, postgres):
            if server is not None:
                stack.callback(server.stop)
                server.launch()
        from services.addresses import Addresses

        for server in (nats, postgres):
            if server is not None:
                server.wait_until_ready()
        addresses = Addresses(
            database_url=_url(postgres, settings.database_url),
            nats_url=_url(nats, settings.nats_url),
        )
        gc.freeze()
        gc.enable()
        servers = [server for server in (nats, postgres) if server is not None]
        serving = _serve_all(
            settings, addresses, servers, began, demo=demo, sandbox=sandbox, as_json=as_json
        )
        _run(serving)


def run_until_stopped(
    service: str,
    partition: str,
    state: Path | None,
    http_host: str | None,
    http_port: int | None,
    *,
    as_json: bool,
) -> None:
    """One service."""
    from services.app import Service
    from services.cli.session import addresses_of
    from services.settings import settings_with

    if service not in set(Service):
        msg = f"no service {service}: there are {', '.join(Service)}"
        raise Told(msg, code="unknown_service", status=2)
    settings = settings_with(state=state, http_host=http_host, http_port=http_port)
    if service != Service.API and "http_port" not in settings.model_fields_set:
        # Several services on one machine: only the API's port is one people know.
        settings = settings.model_copy(update={"http_port": 0})
    addresses = addresses_of(settings)
    _run(_serve_one(settings, addresses, Service(service), partition, as_json=as_json))


def _url(server: Postgres | NatsServer | None, given: Any) -> str:
    return server.url if server is not None else str(given.get_secret_value())


def _run(serving: Coroutine[Any, Any, None]) -> None:
    """In uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(serving)
    else:
        uvloop.run(serving)


async def _serve_all(
    settings: "Settings",
    addresses: "Addresses",
    servers: "list[Postgres | NatsServer]",
    began: float,
    *,
    demo: bool,
    sandbox: "Sandbox | None",
    as_json: bool,
) -> None:
    from services.api.server import serving
    from services.app import open_house, provision
    from services.clock import SandboxClock
    from services.embedded.supervision import keep_alive
    from services.stopping import stop
    from services.telemetry import log_to

    log_to(as_json=False)
    await provision(settings, addresses)
    async with AsyncExitStack() as stack:
        watching = asyncio.create_task(keep_alive(servers))
        stack.push_async_callback(stop, [watching])
        clock = None
        if sandbox:
            start = await _begins(sandbox, addresses, settings, as_json=as_json)
            clock = SandboxClock(start, sandbox.speed)
        house = await stack.enter_async_context(open_house(settings, addresses, clock=clock))
        on_signals(house.stopping.set)
        http = await stack.enter_async_context(serving(house))
        found = {"http": http, "nats": addresses.nats_url, "database": addresses.database_url}
        clocked = {"clock": "sandbox"} if sandbox else {}
        states.publish_addresses(settings.state, found | clocked)
        administrator = None
        if settings.database_url is None:
            from services.access.first import first_administrator

            administrator = await first_administrator(house)
        if demo:
            from services.simulator.seeding import seed_now

            if not as_json:
                print("Opening the places of today in three communities…", flush=True)
            await _unless_told_to_stop(house, seed_now(house))
        if not house.stopping.is_set():
            seconds = time.monotonic() - began
            _announce(house, found, administrator, seconds, as_json=as_json)
        await _told_to_stop(house)
        if not as_json:
            print("\nStopping: what was begun is finished first.")


async def _begins(
    sandbox: "Sandbox", addresses: "Addresses", settings: "Settings", *, as_json: bool
) -> datetime:
    """When it is in the sandbox: one that was kept goes on from where it was, or from later."""
    last = await _last_instant(addresses, settings)
    start = sandbox.start or last or datetime.now(UTC)
    if last is None or start >= last:
        return start
    if not as_json:
        from services.cli.words import day

        print(f"Time never goes back: the sandbox goes on from {day(last)}, where it was.")
    return last


async def _last_instant(addresses: "Addresses", settings: "Settings") -> datetime | None:
    """When the last event of the log happened."""
    from services.log.database import connect
    from services.log.positions import last_instant

    connection = await connect(addresses.database_url, settings)
    try:
        return await last_instant(connection)
    finally:
        await connection.close()


async def _serve_one(
    settings: "Settings",
    addresses: "Addresses",
    service: "Service",
    partition: str,
    *,
    as_json: bool,
) -> None:
    import json

    import structlog

    from services.api.server import serving
    from services.app import NotProvisioned, open_house
    from services.log.database import connect
    from services.log.migrate import is_current
    from services.telemetry import log_to

    log_to()
    connection = await connect(addresses.database_url, settings)
    if not await is_current(connection):
        raise NotProvisioned
    await connection.close()
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(
            open_house(settings, addresses, services={service}, partition=_partition(partition))
        )
        on_signals(house.stopping.set)
        # Every service answers for its health and shows its figures.
        http = await stack.enter_async_context(serving(house))
        structlog.get_logger().info("running", service=str(service), http=http)
        if as_json:
            print(json.dumps({"service": str(service), "http": http}), flush=True)
        await _told_to_stop(house)


def _partition(text: str) -> Any:
    from services.dispatch.partition import Partition

    part, _, of = text.partition("/")
    if part.isdigit() and of.isdigit() and 1 <= int(part) <= int(of):
        return Partition(int(part), int(of))
    msg = f"--partition {text}: write 2/8 for the second of eight parts"
    raise Told(msg, code="invalid_partition", status=2)


async def _unless_told_to_stop(house: "House", work: Coroutine[Any, Any, None]) -> None:
    """The work, or as much of it as there was time for."""
    from services.stopping import stop

    working, told = asyncio.create_task(work), asyncio.create_task(house.stopping.wait())
    await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        working.result()
    await stop([working, told])


async def _told_to_stop(house: "House") -> None:
    settling = asyncio.create_task(settle_in(house))
    await house.stopping.wait()
    settling.cancel()
    ends_at_last(3 * house.settings.drain_timeout_seconds)


@dataclass(frozen=True)
class Sandbox:
    """A time of its own."""

    start: datetime | None  # None: where it was, or now
    speed: float


def _sandboxed(house: "House") -> str:
    """What to know in a sandbox; nothing elsewhere."""
    from services.cli.words import clock
    from services.clock import SandboxClock

    if not isinstance(house.clock, SandboxClock):
        return ""
    return (
        f"  Sandbox     it is {clock(house.clock.now())}, time passes {house.clock.speed:g} times"
        " faster: snp clock --step 30\n"
        f"\n"
        f"In another terminal, first:  export SNP_STATE={house.settings.state}\n"
    )


def _public(url: str) -> str:
    """The address without its password: what is printed here may end in a journal."""
    return re.sub(r":[^:/@]+@", "@", url)


def _let_in(administrator: dict[str, str] | None, http: str) -> str:
    """How to come in over HTTP; nothing where somebody knows."""
    if administrator is None:
        return ""
    name, secret = administrator["client_id"], administrator["client_secret"]
    return (
        f"\n"
        f"  The first administrator, shown this once (others: snp account open):\n"
        f"  account     {name}\n"
        f"  secret      {secret}\n"
        f"  a token     curl -u {name}:{secret} -d grant_type=client_credentials {http}/v1/token\n"
    )


def _announce(
    house: "House",
    found: dict[str, str],
    administrator: dict[str, str] | None,
    seconds: float,
    *,
    as_json: bool,
) -> None:
    if as_json:
        import json

        told = found | {"state": str(house.settings.state), "seconds": round(seconds, 2)}
        print(json.dumps(told | ({"administrator": administrator} if administrator else {})))
        return
    print(
        f"SNP Dispatch {house.version} is up, in {seconds:.1f} s. ^C stops it.\n"
        f"\n"
        f"  HTTP        {found['http']}   /openapi.json /asyncapi /metrics\n"
        f"  NATS        {_public(found['nats'])}\n"
        f"  PostgreSQL  {_public(found['database'])}\n"
        f"  State       {house.settings.state}   passwords: addresses.json in it\n"
        f"{_sandboxed(house)}"
        f"{_let_in(administrator, found['http'])}"
        f"\n"
        f"In another terminal: snp board · snp availability · snp send FILE",
        flush=True,
    )
