"""`python -m tests.benchmarks [NAME…] [--json]`: each benchmark, its figures, its goal."""

import argparse
import importlib
import json
import os
import platform
from typing import Any

NAMES = (
    "append",
    "availability",
    "consoles",
    "indicators",
    "matching",
    "pipeline",
    "rebuild",
    "rest",
    "search",
    "start",
    "timers",
)


def machine() -> dict[str, Any]:
    """Where the figures were measured."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "os": platform.system()}


def main() -> None:
    """Run what is asked, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(NAMES)}")
    for name in given.names or NAMES:
        benchmark = importlib.import_module(f"tests.benchmarks.{name}")
        figures = benchmark.run()
        if given.json:
            print(json.dumps(figures | {"machine": machine()}), flush=True)
        else:
            print(f"{name}: {benchmark.GOAL}")
            for figure, value in figures.items():
                print(f"  {figure:<22} {value}")


if __name__ == "__main__":
    main()
