"""The product as it is used: `snp up --demo` in a process, `snp` commands beside it."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.acceptance.forking import Forks
from tests.running import until_now

SNP = [sys.executable, "-m", "services"]
HUB = Path(__file__).parents[3] / "shared" / "conformance" / "hub-sante" / "examples"


class Snp:
    """`snp` with a state folder of its own."""

    def __init__(self, folder, forks=None):
        self.folder = folder
        self.forks = forks
        self.log = folder / "up.log"
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("SNP_")
        } | {"SNP_STATE": str(folder / "state"), "SNP_HTTP_PORT": "0"}
        self.up = None
        self.told = {}
        self._regulator = None

    def run(self, *words, stdin=None, **environment):
        """A command, finished."""
        if self.forks and not environment:
            return self.forks.run([str(word) for word in words], stdin, self.environment)
        return subprocess.run(
            [*SNP, *map(str, words)],
            input=stdin,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def json(self, *words, stdin=None):
        """What a command says with --json: one object, its last line."""
        done = self.run(*words, "--json", stdin=stdin)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def told_by_http(self, path, **query):
        """What the API answers a regulator of every community."""
        who = {"Authorization": f"Bearer {self._token()}"} if path.startswith("/v1/") else {}
        return httpx.get(self.told["http"] + path, params=query, headers=who, timeout=30)

    def _token(self):
        """Of an account the first administrator opened."""
        if self._regulator is None:
            told = self.json("account", "open", "--role", "regulator", "--title", "SAS")
            self._regulator = told["id"], told["secret"]
        answer = httpx.post(self.told["http"] + "/v1/token", auth=self._regulator, timeout=30)
        return answer.json()["access_token"]

    @contextmanager
    def service(self, name):
        """`snp run NAME`, from when it runs until it has stopped."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*SNP, "run", name, "--json"],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            assert process.wait(30) == 0
            process.stdout.close()

    @contextmanager
    def running(self, *words):
        """`snp up`, from when it is ready until it has stopped."""
        with self.log.open("ab") as log:
            self.up = subprocess.Popen(
                [*SNP, "up", "--json", *words],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            line = self.up.stdout.readline()
            assert line, self.log.read_text()[-3000:]
            self.told = json.loads(line)
            until_now(lambda: self.told_by_http("/health/ready").status_code == 200, within=30)
            yield self
        finally:
            self.up.terminate()
            self.up.wait(30)
            self.up.stdout.close()


@pytest.fixture
def snp(tmp_path):
    """Nothing runs yet."""
    return Snp(tmp_path)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """`snp up --demo`, for every test that shares it. Whoever sends names what it sends."""
    forks = Forks()
    try:
        with Snp(tmp_path_factory.mktemp("demo"), forks).running("--demo") as running:
            yield running
    finally:
        forks.close()
