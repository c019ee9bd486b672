"""Systems that show a certificate: the right one is let in, and no other."""

import ssl

import httpx
import orjson
import pytest
from pydantic import ValidationError

from services.access.providers import TlsClient
from services.api.server import serving
from services.settings import settings_with
from tests.conftest import house_at
from tests.services.authority import OU, Authority
from tests.services.doors import Door
from tests.talking import cloud_event, community_told, practitioner_told, tell

CN = "sas.esante.example"
EVERYWHERE = "0.0.0.0"  # noqa: S104 to see that it is refused
QUERY = (
    "start=ge2026-11-23T13:00:00&start=le2026-11-25T23:59:59&status=free"
    "&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1|810978000015"
)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, "IGC-Santé of tests")


@pytest.fixture
async def platform(settings, addresses, clock, authority):
    """A house over TLS that knows one system by its certificate."""
    _, (certificate, key) = authority.issued("here", host=True)
    revoked, _ = authority.issued(CN, days=2)
    authority.revoked.append(revoked.serial_number)
    plain = settings.model_copy(update={"http_port": 0})
    async with house_at(plain, addresses, clock=clock) as house:
        await house.showing.wait()
        await tell(house, "community", community_told())
        await tell(house, "practitioner", practitioner_told())
        account = await house.reception.take_in(
            orjson.dumps(cloud_event("account", {"grants": [{"role": "regulator"}]})),
            "snp.ask.any.account",
        )
        house.settings = plain.model_copy(
            update={
                "tls_certificate": certificate,
                "tls_key": key,
                "tls_client_authority": authority.file,
                "tls_revoked": authority.list_of_revoked(),
                "tls_clients": (TlsClient(cn=CN, ou=OU, account=account["id"]),),
            }
        )
        async with serving(house) as url:
            assert url.startswith("https://")
            yield Door(house, url)


async def asked(platform, authority, files=None, *, versions=None):
    """What the platform answers who shows this certificate; None: not even a handshake."""
    context = ssl.create_default_context(cafile=authority.file)
    if files:
        context.load_cert_chain(*files)
    if versions:
        context.minimum_version, context.maximum_version = versions
    base = str(platform.client.base_url)
    async with httpx.AsyncClient(base_url=base, verify=context) as client:
        try:
            return await client.get(f"/fhir/Slot?{QUERY}")
        except (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError, ssl.SSLError):
            return None


async def test_the_right_certificate_is_let_in(platform, authority):
    _, files = authority.issued(CN)

    answer = await asked(platform, authority, files)

    assert answer.status_code == 200
    assert answer.json()["resourceType"] == "Bundle"


@pytest.mark.parametrize(("cn", "ou"), [("elsewhere.example", OU), (CN, "another unit")])
async def test_another_name_or_another_unit_is_nobody_s(platform, authority, cn, ou):
    _, files = authority.issued(cn, ou)

    assert (await asked(platform, authority, files)).status_code == 401


async def test_who_shows_none_is_nobody(platform, authority):
    assert (await asked(platform, authority)).status_code == 401


async def test_what_is_over_is_not_even_spoken_to(platform, authority):
    _, files = authority.issued(CN, days=-1)

    assert await asked(platform, authority, files) is None


async def test_what_was_revoked_is_not_even_spoken_to(platform, authority, tmp_path):
    files = (tmp_path / f"{CN}-{OU}-2.pem", tmp_path / f"{CN}-{OU}-2.key")

    assert await asked(platform, authority, files) is None


async def test_what_another_authority_made_is_not_even_spoken_to(platform, authority, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    _, files = Authority(other, "Another authority").issued(CN)

    assert await asked(platform, authority, files) is None


async def test_old_tls_is_not_spoken(platform, authority):
    _, files = authority.issued(CN)
    old = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)

    with pytest.warns(DeprecationWarning, match="TLSVersion"):
        assert await asked(platform, authority, files, versions=old) is None


def test_nothing_listens_beyond_this_machine_without_a_lock(tmp_path):
    with pytest.raises(ValidationError, match="SNP_TLS_CERTIFICATE"):
        settings_with(http_host=EVERYWHERE)
    locked = {"tls_certificate": tmp_path / "a", "tls_key": tmp_path / "b"}
    assert settings_with(http_host=EVERYWHERE, **locked).http_host == EVERYWHERE
    assert settings_with(http_host=EVERYWHERE, behind_proxy=True).behind_proxy
    with pytest.raises(ValidationError, match="or neither"):
        settings_with(tls_key=tmp_path / "b")
