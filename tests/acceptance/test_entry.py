"""The command while it is being loaded, and what it leaves of how it was started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_WHAT_THE_COMMAND_FINDS = """
import signal
import services.cli
from services.__main__ import main
services.cli.main = lambda: print(signal.getsignal(signal.SIGINT).__class__.__name__)
main()
"""


@pytest.mark.parametrize(
    ("started", "found"),
    [("", "builtin_function_or_method"), ("trap '' INT; ", "Handlers")],
    ids=["hears ^C", "ignores ^C"],
)
def test_who_starts_it_to_ignore_an_interrupt_is_heard(started, found):
    told = subprocess.run(
        ["sh", "-c", f'{started}exec "$0" -c "$1"', sys.executable, _WHAT_THE_COMMAND_FINDS],
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip() == found


def test_a_variable_that_is_not_set_names_no_folder(tmp_path):
    """`snp up --state "$STATE"` made a house of the folder one was in."""
    told = subprocess.run(
        [sys.executable, "-m", "services", "up", "--state", ""],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert told.returncode == 2
    assert "name a folder" in told.stderr
    assert list(tmp_path.iterdir()) == []
