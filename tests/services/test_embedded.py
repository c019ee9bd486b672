"""Servers as children of ours: two at once do not take each other for themselves."""

import socket
from contextlib import contextmanager

import psycopg
import pytest

from services.embedded import child
from services.embedded.nats_server import NatsServer
from services.embedded.postgres import Postgres


@contextmanager
def stopping(server):
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def taken(server):
    """Somebody listens on the server's port between its choice and its start."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", server.port))
        other.listen()
        yield server.port


def test_nats_server_takes_another_port_when_somebody_was_faster(tmp_path):
    server = NatsServer(tmp_path)
    with taken(server) as port, stopping(server):
        server.start()

        assert server.port != port
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            assert client.recv(5) == b"INFO "


def test_nats_servers_of_two_folders_are_two(tmp_path):
    one, other = NatsServer(tmp_path / "one"), NatsServer(tmp_path / "other")
    other.port = one.port
    with stopping(one), stopping(other):
        one.launch()
        other.launch()
        one.wait_until_ready()
        other.wait_until_ready()

        assert one.port != other.port


def test_postgresql_takes_another_port_when_somebody_was_faster(postgres, tmp_path):
    tmp_path.chmod(0o711)
    server = Postgres(tmp_path)
    server.port = postgres.port
    with stopping(server):
        server.start()

        assert server.port != postgres.port
        psycopg.connect(server.url).close()


def test_a_server_that_cannot_start_says_why(tmp_path):
    server = NatsServer(tmp_path)
    (tmp_path / "nats").mkdir()
    (tmp_path / "nats" / "jetstream").write_text("not a folder")

    with stopping(server), pytest.raises(child.DidNotStart, match=r"jetstream|storage"):
        server.start()
