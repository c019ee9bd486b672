"""What is deployed: files that exist, services that exist, settings that exist, loopback only."""

import os
import re
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest
import yaml

from services.app import Service
from services.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text())
OURS = {name: s for name, s in COMPOSE["services"].items() if s["image"] == "snp-dispatch"}
NATS = {name: s for name, s in COMPOSE["services"].items() if s["image"].startswith("nats:")}


def test_every_service_is_deployed():
    run = {s["command"][1] for s in OURS.values() if s["command"][0] == "run"}

    assert run == set(Service)


def test_dispatch_is_parted_without_a_gap():
    parts = sorted(s["command"][3] for s in OURS.values() if "--partition" in s["command"])

    assert parts == [f"{n}/{len(parts)}" for n in range(1, len(parts) + 1)]


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_given_settings_that_exist(name):
    known = {f"SNP_{field.upper()}" for field in Settings.model_fields}

    assert set(OURS[name]["environment"]) <= known


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_nothing_runs_with_more_rights_than_it_needs(name):
    service = COMPOSE["services"][name]

    assert "privileged" not in service
    if service["image"].startswith("postgres"):
        return  # its image starts as root to own the volume, then drops to postgres
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_what_is_mounted_exists(name):
    for volume in COMPOSE["services"][name].get("volumes", ()):
        source = volume.partition(":")[0]
        assert (DEPLOY / source).exists() if source[0] == "." else source in COMPOSE["volumes"]


def test_everything_is_on_loopback_and_no_two_on_one_port():
    text = (DEPLOY / "compose.yml").read_text() + (DEPLOY / "nats" / "node.conf").read_text()
    addresses = re.findall(r"\d+\.\d+\.\d+\.\d+", text)
    ports = [s["environment"].get("SNP_HTTP_PORT") for s in OURS.values()]
    given = [port for port in ports if port]

    assert addresses
    assert all(ip_address(address).is_loopback for address in addresses)
    assert all(s["network_mode"] == "host" for s in COMPOSE["services"].values())
    assert len(given) == len(set(given)) == len(Service) + 1


def test_prometheus_asks_every_service_where_it_is():
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    asked = {
        (target.rpartition(":")[2], static["labels"]["service"])
        for static in config["scrape_configs"][0]["static_configs"]
        for target in static["targets"]
    }

    assert asked == {
        (s["environment"]["SNP_HTTP_PORT"], s["command"][1])
        for s in OURS.values()
        if s["command"][0] == "run"
    }


def test_the_image_copies_what_exists_and_does_not_run_as_root():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [
        source
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    ]

    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored, source
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users[-1:] == ["10001"]


def test_secrets_are_made_for_every_name_that_is_asked():
    made = subprocess.run(
        [sys.executable, DEPLOY / "secrets"], check=True, capture_output=True, text=True
    ).stdout
    text = (DEPLOY / "compose.yml").read_text()

    assert set(re.findall(r"\$\{(\w+)", text)) == {
        line.partition("=")[0] for line in made.splitlines()
    }
    assert os.access(DEPLOY / "secrets", os.X_OK)
