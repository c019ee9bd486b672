"""A real RabbitMQ that stands for the Hub Santé: TLS, certificates for passwords, its queues."""

import json
import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from services.embedded.state import free_port
from tests.running import until_now
from tests.services.authority import Authority

SCRIPTS = Path("/usr/lib/rabbitmq/bin")
US, SAMU = "fr.health.test.cpts", "fr.health.samu580"
VHOST = "15-15_v2.0"
needs_rabbitmq = pytest.mark.skipif(
    not (SCRIPTS / "rabbitmq-server").exists(),
    reason="RabbitMQ is not installed here (Debian: rabbitmq-server)",
)


def definitions():
    """As the Hub has them: we write to an exchange under our own name, and read three queues."""
    ours = [f"{US}.{kind}" for kind in ("message", "ack", "info")]
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    of_ours = {"configure": "^$", "write": "^hubsante$", "read": rf"^{US}\..*$"}
    return {
        "vhosts": [{"name": VHOST}],
        "users": [
            {"name": name, "password_hash": "", "hashing_algorithm": "", "tags": []}
            for name in (US, SAMU)
        ],
        "permissions": [
            {"user": US, "vhost": VHOST} | of_ours,
            {"user": SAMU, "vhost": VHOST} | everything,
        ],
        "exchanges": [
            {
                "name": "hubsante",
                "vhost": VHOST,
                "type": "direct",
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {},
            }
        ],
        "queues": [
            {
                "name": name,
                "vhost": VHOST,
                "durable": True,
                "auto_delete": False,
                "arguments": {},
            }
            for name in (*ours, "hub.in")
        ],
        "bindings": [
            {
                "source": "hubsante",
                "vhost": VHOST,
                "destination": "hub.in",
                "destination_type": "queue",
                "routing_key": US,
                "arguments": {},
            }
        ],
    }


class Rabbit:
    """The server, and the certificates of who may come in."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = Authority(folder, "authority")
        _, self.theirs = self.authority.issued("hub", host=True)
        _, self.ours = self.authority.issued(US)
        _, self.samu = self.authority.issued(SAMU)
        self.port = free_port(0)
        self.url = f"amqps://localhost:{self.port}/{VHOST}"
        self._distribution, self._mapper = free_port(0), free_port(0)
        self._process = self._names = None

    def start(self):
        (self.folder / "definitions.json").write_text(json.dumps(definitions()))
        certificate, key = self.theirs
        (self.folder / "rabbitmq.conf").write_text(
            f"""listeners.tcp = none
listeners.ssl.1 = 127.0.0.1:{self.port}
ssl_options.cacertfile = {self.authority.file}
ssl_options.certfile = {certificate}
ssl_options.keyfile = {key}
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
ssl_cert_login_from = common_name
auth_mechanisms.1 = EXTERNAL
load_definitions = {self.folder}/definitions.json
"""
        )
        (self.folder / "plugins").write_text("[rabbitmq_auth_mechanism_ssl].\n")
        if self._names is None:  # ours, or Erlang would start one that outlives us
            self._names = subprocess.Popen(
                ["epmd", "-port", str(self._mapper), "-address", "127.0.0.1"]
            )
        with (self.folder / "out").open("wb") as out:
            self._process = subprocess.Popen(
                [SCRIPTS / "rabbitmq-server"],
                env=self._environment(),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until_now(self._listens, within=60)

    def stop(self):
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    @contextmanager
    def frozen(self):
        """It keeps its connections, and says nothing."""
        os.killpg(self._process.pid, signal.SIGSTOP)
        until_now(self._stands_still)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    def _stands_still(self):
        """Each thread of each of its processes: a signal is not there the moment it is sent."""
        states = set()
        for stat in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
            with suppress(OSError):  # a thread may have ended
                state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
                if int(group) == self._process.pid:
                    states.add(state)
        return states == {"T"}

    def end(self):
        self.stop()
        if self._names is not None:
            self._names.kill()
            self._names.wait()

    def _environment(self):
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"snp{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
        }

    def _listens(self):
        assert self._process.poll() is None, (self.folder / "out").read_text()[-3000:]
        told = (self.folder / "out").read_text(errors="replace")
        return "completed with" in told or "Starting broker... completed" in told


@contextmanager
def rabbit_at(folder):
    server = Rabbit(folder)
    server.start()
    try:
        yield server
    finally:
        server.end()
