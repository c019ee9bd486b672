"""Both servers, for as long as somebody needs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.addresses import Addresses
from services.embedded.nats_server import NatsServer
from services.embedded.postgres import Postgres


@contextmanager
def servers_in(state: Path) -> Iterator[Addresses]:
    """They keep what they are given in that folder, and are gone with the block."""
    state.chmod(0o711)  # PostgreSQL may run as another account
    nats, postgres = NatsServer(state), Postgres(state)
    try:
        nats.launch()
        postgres.launch()
        nats.wait_until_ready()
        postgres.wait_until_ready()
        yield Addresses(postgres.url, nats.url)
    finally:
        nats.stop()
        postgres.stop()
