"""`snp` commands, each a process of its own, without a second of imports: forked off a warm one.

What a command does is what it does alone: arguments, environment, standard streams, exit code.
Tests without a demonstration start it the long way, and so do those that stop or kill it.
"""

import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import services.cli


class Forks:
    """The one that has imported everything, and what is asked of it."""

    def __init__(self):
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={name: value for name, value in os.environ.items() if not name.startswith("SNP_")},
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._to = ours.makefile("rwb")
        self._ours = ours
        self._one_at_a_time = threading.Lock()

    def run(self, words, stdin, environment):
        """A command, finished."""
        asked = {"words": words, "stdin": stdin or "", "environment": environment}
        with self._one_at_a_time:
            self._to.write(json.dumps(asked).encode() + b"\n")
            self._to.flush()
            told = json.loads(self._to.readline())
        return subprocess.CompletedProcess(
            ["snp", *words], told["status"], told["stdout"], told["stderr"]
        )

    def close(self):
        """Nothing is asked any more: it ends."""
        self._to.close()
        self._ours.close()
        self._process.wait(10)


def _fork(asked):
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as wrong,
    ):
        given.write(asked["stdin"].encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            for fd, file in enumerate((given, out, wrong)):
                os.dup2(file.fileno(), fd)
            _be_the_command(asked)
        _, status = os.waitpid(child, 0)
        texts = []
        for file in (out, wrong):
            file.seek(0)
            texts.append(file.read().decode())
    return {
        "status": os.waitstatus_to_exitcode(status),
        "stdout": texts[0],
        "stderr": texts[1],
    }


def _be_the_command(asked):
    status = 1
    try:
        os.environ.update(asked["environment"])
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 for as long as it lives
        sys.argv = ["snp", *asked["words"]]
        services.cli.main()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 as the interpreter does
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(BrokenPipeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _import_all():
    for module in pkgutil.iter_modules([str(Path(services.cli.__file__).parent)]):
        if module.name != "__main__":
            importlib.import_module(f"services.cli.{module.name}")
    for name in ("annual", "parquet", "workbook", "table"):
        importlib.import_module(f"services.reports.{name}")


def _serve(fd):
    _import_all()
    with socket.socket(fileno=fd) as connection, connection.makefile("rwb") as asked_of:
        for line in asked_of:
            asked_of.write(json.dumps(_fork(json.loads(line))).encode() + b"\n")
            asked_of.flush()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
