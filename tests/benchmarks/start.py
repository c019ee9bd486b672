"""`make up` from an installed environment until it is ready: the first time, and after."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.servers import folder

GOAL = "≤ 3 s the first time, ≤ 1.5 s after"

ROUNDS = 5
ROOT = Path(__file__).parents[2]


def run() -> dict[str, Any]:
    """Medians of several states, each started three times."""
    first, after = [], []
    for _ in range(ROUNDS):
        with folder() as state:
            first.append(_start(state))
            after += [_start(state), _start(state)]
    return {
        "first_s": round(median(first), 2),
        "after_s": round(median(after), 2),
        "worst_first_s": round(max(first), 2),
        "worst_after_s": round(max(after), 2),
    }


def _start(state: Path) -> float:
    """Seconds from the command until /health/ready says yes."""
    began = time.perf_counter()
    process = subprocess.Popen(
        ["make", "--no-print-directory", "up", f"UP=--json --http-port 0 --state {state}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ,
    )
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith(b"{"))
        http = json.loads(line)["http"]
        with urllib.request.urlopen(f"{http}/health/ready", timeout=5) as answer:  # noqa: S310 ours
            assert json.loads(answer.read())["ready"]
        return time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
