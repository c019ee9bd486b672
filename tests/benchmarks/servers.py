"""Embedded servers for a benchmark, fsync on, thrown away after."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
