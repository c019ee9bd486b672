"""`snp up`: starts on a bare machine, is found again, stops in order, leaves nobody behind."""

import json
import signal
import socket
import stat
import subprocess
from subprocess import PIPE

import psycopg
import pytest

from tests.acceptance.conftest import SNP, Snp
from tests.running import until_now
from tests.talking import cloud_event, community_told


def children(process):
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], check=True, capture_output=True, text=True
    ).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    return [pid for pid, parent in pairs if parent == process.pid]


def alive(pid):
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True, text=True
    ).stdout
    return bool(listed.strip()) and not listed.startswith("Z")


def test_it_says_where_everything_is_and_stops_cleanly(snp):
    with snp.running():
        servers = children(snp.up)

        assert snp.told["http"].startswith("http://127.0.0.1:")
        assert snp.told["nats"].startswith("nats://")
        assert snp.told["database"].startswith("postgresql://")
        assert snp.told["state"] == snp.environment["SNP_STATE"]
        assert len(servers) == 2

        snp.up.send_signal(signal.SIGINT)
        assert snp.up.wait(30) == 0
    assert not any(map(alive, servers))


def test_told_to_stop_while_it_is_being_loaded_it_stops_without_a_word(snp, tmp_path):
    (tmp_path / "typer.py").write_text("import os, time; os.close(1); time.sleep(60)")
    slow = snp.environment | {"PYTHONPATH": str(tmp_path)}
    with subprocess.Popen([*SNP, "up"], env=slow, stdout=PIPE, stderr=PIPE) as loading:
        loading.stdout.read()  # until that module, which takes so long, is being loaded

        loading.send_signal(signal.SIGINT)

        assert loading.stderr.read() == b""
    assert loading.returncode == -signal.SIGINT


def test_help_waits_for_nothing_that_takes_long_to_load():
    asked = (
        "import sys, services.cli; print(sys.modules.keys() & {'pydantic', 'sqlalchemy', 'nats'})"
    )

    found = subprocess.run([SNP[0], "-c", asked], check=True, capture_output=True, text=True)

    assert found.stdout == "set()\n"


def test_nobody_is_left_behind_by_kill_9(snp):
    with snp.running():
        servers = children(snp.up)
        snp.up.kill()
        snp.up.wait()

        until_now(lambda: not any(map(alive, servers)))


def test_the_second_start_finds_what_the_first_kept(snp, tmp_path):
    file = tmp_path / "community.json"
    file.write_text(json.dumps(cloud_event("community", community_told())))
    with snp.running():
        (sent,) = snp.json("send", file)["sent"]
        assert sent["state"] == "formed"

    with snp.running():
        (recorded,) = snp.json("history", sent["id"])["events"]

    assert recorded["name"] == "community.formed"


def test_a_path_may_have_accents_and_a_newer_version_s_database_is_left_alone(tmp_path):
    """Found by an attack: nobody called René could start it in their own folder."""
    folder = tmp_path / "rené état"
    folder.mkdir()
    snp = Snp(folder)
    with snp.running(), psycopg.connect(snp.told["database"]) as connection:
        connection.execute("update alembic_version set version_num = '9999'")

    done = snp.run("up", "--json")

    assert json.loads(done.stdout.splitlines()[-1])["error"]["code"] == "newer_database"


def test_only_one_runs_with_a_state_folder(snp):
    with snp.running():
        second = snp.run("up", "--json")

    assert second.returncode == 1
    assert json.loads(second.stdout.splitlines()[-1])["error"]["code"] == "in_use"
    assert "--state" in second.stderr


def test_the_servers_are_on_loopback_behind_passwords_only_the_owner_can_read(snp):
    with snp.running():
        database = psycopg.conninfo.conninfo_to_dict(snp.told["database"])
        assert database["host"] == "127.0.0.1"
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(**database | {"password": "guessed"})
        with socket.create_connection(("127.0.0.1", int(snp.told["nats"].rpartition(":")[2]))) as s:
            assert b'"auth_required":true' in s.recv(4096)
        state = snp.folder / "state"
        secrets = [state / "addresses.json", state / "nats" / "password", state / "vault.key"]
        for secret in secrets:
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600, secret


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "::"])  # noqa: S104 refused
def test_an_address_beyond_this_machine_is_refused(snp, host):
    done = snp.run("up", "--http-host", host, "--json")

    assert done.returncode == 2
    error = json.loads(done.stdout.splitlines()[-1])["error"]
    assert error["code"] == "invalid_setting"
    assert "loopback" in error["message"]


def test_a_setting_that_is_none_is_named_as_it_is_given(snp):
    done = snp.run("up", "--json", SNP_THREAD_SWITCH_SECONDS="fast")

    error = json.loads(done.stdout.splitlines()[-1])["error"]
    assert (done.returncode, error["code"]) == (2, "invalid_setting")
    assert error["message"].startswith("SNP_THREAD_SWITCH_SECONDS: ")


def test_a_port_that_is_taken_is_told_with_what_to_do(snp):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = snp.run("up", "--http-port", port, "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1])["error"]["code"] == "port_taken"
    assert "--http-port" in done.stderr
