"""The folder the embedded servers live in: one `snp up` at a time, and found again by the next."""

import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ATTEMPTS = 10
_BETWEEN_SECONDS = 0.05
_PASS = 0o011
_SANDBOX = "sandbox"  # a file that says that the times in this folder are nobody's


class InUse(Exception):
    """Another `snp up` runs with this state folder: stop it, or name another with --state."""


class NotRunning(Exception):
    """Nothing runs here: start `snp up`, or set SNP_DATABASE_URL and SNP_NATS_URL."""


class NotASandbox(Exception):
    """What is there is real, and a sandbox's time would be told to it: name another folder."""


class IsASandbox(Exception):
    """What is there was made in a sandbox, at times of its own: snp up --sandbox, or another."""


@contextmanager
def owned(folder: Path) -> Iterator[Path]:
    """The folder, ours alone until the end; the lock goes with the process however it dies."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o700)
    # Others must pass through (PostgreSQL may run as `nobody`); whatever else they may, they may.
    mode = folder.stat().st_mode
    if mode & _PASS != _PASS:
        folder.chmod(mode | _PASS)
    with (folder / "lock").open("w") as lock:
        # Others look whether it is held by trying it for a moment (`addresses`): so try again.
        for attempt in range(_ATTEMPTS):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as held:
                if attempt == _ATTEMPTS - 1:
                    raise InUse(folder) from held
                time.sleep(_BETWEEN_SECONDS)
        published = folder / "addresses.json"
        published.unlink(missing_ok=True)  # of one that was killed
        try:
            yield folder
        finally:
            published.unlink(missing_ok=True)


def check_kind(folder: Path, *, sandbox: bool) -> None:
    """Raises NotASandbox or IsASandbox: times of a sandbox and real ones are not mixed."""
    marked, begun = (folder / _SANDBOX).exists(), (folder / "postgres").exists()
    if sandbox and begun and not marked:
        raise NotASandbox(folder)
    if not sandbox and marked:
        raise IsASandbox(folder)
    if sandbox:
        (folder / _SANDBOX).touch()


def secret(folder: Path, name: str) -> str:
    """A secret of this folder, made on first use, readable by its owner alone."""
    path = folder / name
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Write it whole or not at all, for the owner's eyes."""
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    draft.replace(path)


def publish_addresses(folder: Path, addresses: dict[str, str]) -> None:
    """Let the other `snp` commands find what runs here."""
    told = addresses | {"pid": str(os.getpid())}
    write_private(folder / "addresses.json", json.dumps(told))


def addresses(folder: Path) -> dict[str, str]:
    """Where things are. Raises NotRunning."""
    path = folder / "addresses.json"
    try:
        with (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        raise NotRunning(folder)  # nobody holds the lock: whatever is written there is old
    except BlockingIOError:
        pass
    except FileNotFoundError as absent:
        raise NotRunning(folder) from absent
    try:
        found: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError as absent:
        raise NotRunning(folder) from absent
    # Whoever has just taken the lock may not have thrown away yet what one that was killed left.
    if not _lives(int(found.pop("pid"))):
        raise NotRunning(folder)
    return found


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def end_of(log: Path) -> str:
    """What a server said last."""
    return log.read_text(errors="replace")[-2000:]


def free_port(preferred: int = 0) -> int:
    """The preferred port of this machine's loopback if nobody has it, else a free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    msg = "no free port on 127.0.0.1"
    raise OSError(msg)
