"""Where things are: told of what runs, and of nothing that has run."""

import json
import subprocess
import sys

import pytest

from services.embedded.state import NotRunning, addresses, owned, publish_addresses

SOMEWHERE = {"nats": "nats://127.0.0.1:4222"}


def test_addresses_are_told_while_what_they_are_of_runs(tmp_path):
    with pytest.raises(NotRunning):
        addresses(tmp_path)
    with owned(tmp_path):
        with pytest.raises(NotRunning):
            addresses(tmp_path)
        publish_addresses(tmp_path, SOMEWHERE)
        assert addresses(tmp_path) == SOMEWHERE
    with pytest.raises(NotRunning):
        addresses(tmp_path)


def test_addresses_of_one_that_was_killed_are_not_those_of_the_next(tmp_path):
    """Found in the tests: between taking the lock and throwing away what was left there."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with owned(tmp_path):
        left = SOMEWHERE | {"pid": str(gone.pid)}
        (tmp_path / "addresses.json").write_text(json.dumps(left))

        with pytest.raises(NotRunning):
            addresses(tmp_path)
