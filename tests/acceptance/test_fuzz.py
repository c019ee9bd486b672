"""Whatever the document allows, and what it does not, is sent to every door: none falls over."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

pytestmark = [
    pytest.mark.xdist_group("fuzz"),
    pytest.mark.skipif(
        "SNP_FUZZ" not in os.environ, reason="make fuzz: schemathesis itself falls now and then"
    ),
]

NEVERS = "580099001"
ORGANISES = [
    {"role": "administrator"},
    {"role": "coordinator", "community": NEVERS},
]
CARES = [
    {"role": "regulator"},
    {"role": "platform"},
    {"role": "protection_officer", "community": NEVERS},
    {"role": "practitioner", "rpps": "10978000015"},
]
EXAMPLES = 4  # an operation; sixty once, by hand, when a door is new


@pytest.mark.timeout(300)
@pytest.mark.parametrize("grants", [ORGANISES, CARES], ids=["organises", "cares"])
def test_no_door_falls_over(snp, grants):
    """No 500, and the product is there afterwards. schemathesis, over the whole document."""
    snp.environment |= {"SNP_HTTP_REQUESTS_A_SECOND": "10000", "SNP_HTTP_BURST": "100000"}
    with snp.running("--demo") as product:
        base, first = product.told["http"], product.told["administrator"]
        token = whoever(base, first["client_id"], first["client_secret"], grants)
        fuzzed = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"),
                "run",
                f"{base}/openapi.json",
                *("-H", f"Authorization: Bearer {token}"),
                *("--checks", "not_a_server_error", "--phases", "fuzzing"),
                *("--max-examples", str(EXAMPLES), "--seed", "1", "--workers", "2"),
                *("--exclude-path", "/v1/events", "--no-color"),
            ],
            cwd=snp.folder,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

        assert fuzzed.returncode == 0, fuzzed.stdout[-6000:]
        assert httpx.get(f"{base}/health/ready", timeout=30).json()["ready"]
        assert product.json("verify")["violations"] == []


def whoever(base, name, secret, grants):
    """A token of somebody who may be all of that."""
    with httpx.Client(base_url=base, timeout=30) as client:

        def signed_in(who, word):
            token = client.post("/v1/token", auth=(who, word)).json()["access_token"]
            return {"Authorization": f"Bearer {token}"}

        administrator = signed_in(name, secret)
        told = client.post("/v1/accounts", json={"grants": grants}, headers=administrator).json()
        path = f"/v1/accounts/{told['id']}/secret"
        made = client.post(path, headers=administrator).json()
        return signed_in(told["id"], made["secret"])["Authorization"].removeprefix("Bearer ")
