"""The NATS configuration that is deployed: valid, and three of it are a cluster that keeps."""

import os
import subprocess
from pathlib import Path

import nats
import orjson
import pytest
from nats.errors import Error as NatsError

from services.embedded import state
from services.embedded.nats_server import binary
from services.messaging import streams, subjects
from services.messaging.nats_users import SERVICES, password_name
from services.settings import settings_with
from tests.examples import NEVERS
from tests.running import until

CONFIG = Path(__file__).parents[2] / "deploy" / "nats" / "node.conf"
NODES = (1, 2, 3)
PASSWORD = "p0123456789abcdef"  # noqa: S105 of a test


@pytest.fixture
def ports():
    found = set()
    while len(found) < 3 * len(NODES):  # one is free until somebody listens: two may be the same
        found.add(state.free_port(0))
    return {n: (found.pop(), found.pop(), found.pop()) for n in NODES}


def environment(n, ports, folder):
    routes = {
        f"SNP_NATS_ROUTE_{m}": f"nats://route:{PASSWORD}@127.0.0.1:{ports[m][1]}" for m in NODES
    }
    return {
        "PATH": os.environ["PATH"],
        "SNP_NATS_NAME": f"snp-{n}",
        "SNP_NATS_PORT": str(ports[n][0]),
        "SNP_NATS_CLUSTER_PORT": str(ports[n][1]),
        "SNP_NATS_MONITORING": f"127.0.0.1:{ports[n][2]}",
        "SNP_NATS_STORE": str(folder / f"node-{n}"),
        "SNP_NATS_PASSWORD": PASSWORD,
        "SNP_NATS_SYSTEM_PASSWORD": PASSWORD,
        "SNP_NATS_ROUTE_PASSWORD": PASSWORD,
    } | (routes | {password_name(user): PASSWORD for user in SERVICES})


@pytest.mark.parametrize("n", NODES)
def test_nats_server_finds_the_configuration_valid(n, ports, tmp_path):
    told = subprocess.run(
        [binary(), "-t", "-c", CONFIG],
        env=environment(n, ports, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stderr
    assert "valid" in told.stderr + told.stdout


@pytest.fixture
def cluster(ports, tmp_path):
    servers = {}
    for n in NODES:
        with (tmp_path / f"node-{n}.log").open("ab") as log:
            servers[n] = subprocess.Popen(
                [binary(), "-c", CONFIG],
                env=environment(n, ports, tmp_path),
                stdout=log,
                stderr=log,
            )
    yield servers
    for server in servers.values():
        server.kill()
        server.wait()


# nats-py forgets to close what it had begun with a server that then died.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_what_is_acknowledged_outlives_one_of_three_servers(cluster, ports, tmp_path):
    url = ",".join(f"nats://snp:{PASSWORD}@127.0.0.1:{ports[n][0]}" for n in NODES)
    settings = settings_with(state=tmp_path, stream_replicas=3)
    client = await nats.connect(url.split(","), reconnect_time_wait=0.1, max_reconnect_attempts=-1)
    js = client.jetstream(timeout=5)

    async def provisioned():
        # A cluster that is still choosing its leader says so.
        try:
            await streams.provision(js, settings)
        except (NatsError, TimeoutError):
            return False
        return True

    await until(provisioned, within=60)
    body = orjson.dumps({"any": "thing"})
    await js.publish(subjects.inbox(NEVERS, "care-request"), body)
    info = await js.stream_info(streams.INBOX)
    assert info.config.num_replicas == 3

    cluster[int(info.cluster.leader[-1])].kill()

    async def answered():
        try:
            return (await js.stream_info(streams.INBOX)).state.messages == 1
        except (NatsError, TimeoutError):
            return False

    await until(answered, within=60)
    await client.close()
