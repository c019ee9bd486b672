"""Embedded servers for a benchmark, fsync on, thrown away after; and the API in its own process."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from services.embedded.postgres import Postgres


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL may pass through, whoever it runs as."""
    with tempfile.TemporaryDirectory(prefix="snp-bench-", ignore_cleanup_errors=True) as made:
        path = Path(made)
        path.chmod(0o711)
        yield path


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server."""
    with folder() as path:
        server = Postgres(path)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@dataclass(frozen=True)
class Api:
    """The API in a process of its own."""

    url: str
    pid: int

    def memory_mb(self) -> float:
        """Resident, now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def api(state: Path, database_url: str, nats_url: str, **more: str) -> Iterator[Api]:
    """Once it answers; `more`: settings as an environment has them."""
    environment = os.environ | {
        "SNP_STATE": str(state),
        "SNP_DATABASE_URL": database_url,
        "SNP_NATS_URL": nats_url,
        "SNP_HTTP_PORT": "0",
    }
    command = [sys.executable, "-m", "services", "run", "api", "--json"]
    process = subprocess.Popen(command, env=environment | more, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        # What it says of itself, among what it logs.
        said = next(line for line in process.stdout if line.startswith(b"{") and b'"http"' in line)
        yield Api(orjson.loads(said)["http"], process.pid)
    finally:
        process.terminate()
        process.wait()
