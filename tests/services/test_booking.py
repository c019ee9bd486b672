"""The page a regulator books on: come from the platform, signed in there, and nobody else."""

import hashlib
import re
from base64 import urlsafe_b64encode
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import ValidationError

from events.roles import Role
from services.access.providers import Provider
from tests.conftest import house_at
from tests.examples import DR_ADAM, HOUR, NOON
from tests.running import until
from tests.services.doors import doors_of
from tests.services.receiver import Receiver, receiving
from tests.services.test_fhir_regulators import regulator
from tests.services.test_fhir_slots import SITE
from tests.talking import slot_told, tell

KEY = RSAKey.generate_key(2048, parameters={"kid": "one"}, auto_kid=False)
ISSUER = "https://auth.esante.example"
NATIONAL_ID = "3456780581/11242343"  # as the platform tells it of this regulator
PAGE = f"/booking?practitioner={DR_ADAM}&origin=sas"


class PscOfTests(Receiver):
    """A provider: it gives codes to whoever comes, and an ID token for each code, once."""

    def __init__(self):
        super().__init__()
        self.claims = {"SubjectNameID": NATIONAL_ID}
        self.given = {}

    def authorised(self, url):
        """What the browser comes back with, once its owner has signed in there."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["code_challenge_method"] == "S256"
        self.given["a-code"] = asked
        return {"code": "a-code", "state": asked["state"]}

    async def __call__(self, _, receive, send):
        message = await receive()
        form = {name: values[0] for name, values in parse_qs(message["body"].decode()).items()}
        asked = self.given.pop(form.get("code"), None)
        body = {"error": "invalid_grant"}
        if asked and self._is_theirs(form, asked):
            body = {"access_token": "x", "token_type": "Bearer", "id_token": self._token(asked)}
        status = 200 if "id_token" in body else 400
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": orjson.dumps(body)})

    def _is_theirs(self, form, asked):
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        return (challenge, form["redirect_uri"]) == (
            asked["code_challenge"],
            asked["redirect_uri"],
        )

    def _token(self, asked):
        now = int(NOON.timestamp())
        usual = {"iss": ISSUER, "aud": "snp", "sub": "f:1", "iat": now, "exp": now + 120}
        claims = usual | {"nonce": asked["nonce"]} | self.claims
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY, algorithms=["RS256"])


@pytest.fixture
async def psc():
    provider = PscOfTests()
    async with receiving(provider):
        yield provider


@pytest.fixture
def settings(settings, tmp_path, psc):
    keys = tmp_path / "jwks.json"
    keys.write_bytes(orjson.dumps({"keys": [KEY.as_dict(private=False)]}))
    provider = Provider(
        issuer=ISSUER,
        audience="snp",
        jwks_file=keys,
        rpps_claim="SubjectNameID",
        authorize_url=f"{psc.url}/auth",
        token_url=f"{psc.url}/token",
        client_id="snp",
        client_secret="s3cret",  # noqa: S106 of a test
        acr_values="eidas1",
    )
    return settings.model_copy(update={"http_port": 0, "oidc_providers": (provider,)})


@pytest.fixture
async def door(settings, addresses, clock):
    async with house_at(settings, addresses, clock=clock) as house:
        await house.showing.wait()
        async with doors_of(house) as opened:
            yield opened


class Browser:
    """Somebody's: it keeps cookies and follows nothing by itself."""

    def __init__(self, door, psc):
        self.psc = psc
        self.client = httpx.AsyncClient(base_url=door.client.base_url, timeout=30)

    async def open(self, path=PAGE):
        return await self.client.get(path)

    async def sign_in(self, path=PAGE):
        sent = await self.open(path)
        assert sent.status_code == 303, sent.text
        back = self.psc.authorised(sent.headers["location"])
        answer = await self.client.get("/booking/signed-in", params=back)
        if answer.status_code != 303:
            return answer
        return await self.client.get(answer.headers["location"])

    async def send(self, page, **fields):
        """A form of a page, filled in."""
        action = re.search(r'action="([^"]+)"', page.text)[1]
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        return await self.client.post(action, data=hidden | fields)


@asynccontextmanager
async def browsing(door, psc):
    browser = Browser(door, psc)
    try:
        yield browser
    finally:
        await browser.client.aclose()


@pytest.fixture
async def browser(door, psc):
    async with browsing(door, psc) as opened:
        yield opened


@pytest.fixture
async def known(door):
    """The platform told of this regulator (INT_R02)."""
    who = await door.as_(Role.PLATFORM)
    made = await door.ask("POST", "/fhir/Practitioner", who, json=regulator())
    assert made.status_code == 201


async def a_place(door, hours=2):
    told = await tell(door.house, "slot", slot_told(NOON + hours * HOUR, place=SITE))
    await door.house.settled()
    return told["id"]


def choice(slot_id, **more):
    patient = {"motive": "M03.14", "age": "34", "sex": "F", "commune": "58194"}
    return {"place": f"{slot_id}/AMB"} | patient | more


async def the_request(door):
    return [one.event.name for one in await door.house.log.of_kind("request")]


@pytest.mark.usefixtures("known")
async def test_who_comes_from_the_platform_signs_in_there_and_sees_the_places(door, browser, psc):
    await a_place(door)

    sent = await browser.open()
    query = parse_qs(urlsplit(sent.headers["location"]).query)
    page = await browser.sign_in()

    assert sent.headers["location"].startswith(f"{psc.url}/auth?")
    assert query["acr_values"] == ["eidas1"]
    assert query["redirect_uri"] == [f"{browser.client.base_url}/booking/signed-in"]
    assert page.status_code == 200
    assert "lundi 23/11 à 15:00, au cabinet" in page.text
    assert "2 place de la Gare" in page.text
    assert (await browser.open()).status_code == 200  # signed in: not asked again


@pytest.mark.usefixtures("known")
async def test_a_place_is_kept_then_confirmed_and_the_platform_hears_who_took_it(door, browser):
    slot_id = await a_place(door)
    page = await browser.sign_in()

    kept = await browser.send(page, **choice(slot_id, name="Odile Perrichon", phone="+33611223344"))
    assert "Place gardée jusqu'à 13:03" in kept.text.replace("&#39;", "'")
    done = await browser.send(kept, answer="confirm")

    assert "Rendez-vous pris" in done.text
    assert await the_request(door) == [
        "request.received",
        "request.place_held",
        "request.assigned",
    ]
    (*_, assigned) = await door.house.log.of_kind("request")
    assert assigned.event.rpps == DR_ADAM
    assert assigned.meta.actor.ref.startswith("account-")


@pytest.mark.usefixtures("known")
async def test_a_place_that_is_abandoned_is_free_again(door, browser):
    slot_id = await a_place(door)
    page = await browser.sign_in()
    kept = await browser.send(page, **choice(slot_id))

    done = await browser.send(kept, answer="abandon")
    await door.house.settled()

    assert "de nouveau libre" in done.text
    assert f"{slot_id}/AMB" in (await browser.open()).text


@pytest.mark.usefixtures("known")
async def test_a_place_that_is_gone_says_so_and_keeps_what_was_typed(door, browser, psc):
    slot_id = await a_place(door)
    other = await a_place(door, 4)
    page = await browser.sign_in()
    async with browsing(door, psc) as faster:
        await faster.send(await faster.sign_in(), **choice(slot_id))

    told = await browser.send(page, **choice(slot_id, name="<b>Odile</b>"))

    assert told.status_code == 409
    assert "prise" in told.text
    assert "&lt;b&gt;Odile&lt;/b&gt;" in told.text
    assert f"{other}/AMB" in told.text


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("path", [f"/booking?practitioner={DR_ADAM}", "/booking", f"{PAGE}-not"])
async def test_without_an_origin_of_the_platform_there_are_no_rights(door, browser, path):
    await a_place(door)
    await browser.sign_in()

    answer = await browser.open(path)

    assert answer.status_code == 403
    assert "plateforme nationale SAS" in answer.text
    assert "<form" not in answer.text


@pytest.mark.usefixtures("door")
async def test_the_test_kits_way_of_adding_the_origin_is_understood(browser):
    answer = await browser.open(f"/booking?practitioner={DR_ADAM}&origin=sas-preprod")

    assert answer.status_code == 303


@pytest.mark.usefixtures("door")
async def test_who_is_no_regulator_is_let_in_nowhere(browser):
    """Signed in as somebody, but nobody the platform told of."""
    answer = await browser.sign_in()

    assert answer.status_code in {303, 403}
    assert "<form" not in answer.text


@pytest.mark.usefixtures("known")
async def test_a_regulator_who_is_disabled_books_no_more(door, browser):
    slot_id = await a_place(door)
    page = await browser.sign_in()
    who = await door.as_(Role.PLATFORM)
    query = "identifier=urn:oid:1.2.250.1.71.4.2.1|" + NATIONAL_ID
    gone = await door.ask("PUT", f"/fhir/Practitioner?{query}", who, json=regulator(active=False))
    assert gone.status_code == 200

    async def refused():
        return (await browser.send(page, **choice(slot_id))).status_code == 401

    await until(refused)


@pytest.mark.usefixtures("known")
async def test_a_form_from_elsewhere_is_nobodys_word(door, browser):
    slot_id = await a_place(door)
    await browser.sign_in()

    for fields in (
        choice(slot_id) | {"practitioner": DR_ADAM, "origin": "sas"},
        choice(slot_id) | {"practitioner": DR_ADAM, "origin": "sas", "token": "x"},
    ):
        answer = await browser.client.post("/booking", data=fields)
        assert answer.status_code == 401
    assert await the_request(door) == []


@pytest.mark.usefixtures("known")
async def test_who_did_not_begin_to_sign_in_here_does_not_end_it(door, browser, psc):
    sent = await browser.open()
    back = psc.authorised(sent.headers["location"])
    async with browsing(door, psc) as other:
        stolen = await other.client.get("/booking/signed-in", params=back)
    assert stolen.status_code == 401
    wrong_state = await browser.client.get("/booking/signed-in", params=back | {"state": "x"})
    assert wrong_state.status_code == 401
    right = await browser.client.get("/booking/signed-in", params=back)
    assert right.status_code == 303
    again = await browser.client.get("/booking/signed-in", params=back)
    assert again.status_code == 401


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "another"}, {"aud": "somebody"}, {"exp": int(NOON.timestamp()) - 600}],
)
@pytest.mark.usefixtures("known", "door")
async def test_a_word_that_is_not_for_us_now_is_not_taken(browser, psc, claims):
    psc.claims = psc.claims | claims

    assert (await browser.sign_in()).status_code == 401


@pytest.mark.usefixtures("known")
async def test_pages_are_in_nobodys_frame_and_nothing_of_them_is_kept(door, browser):
    await a_place(door)

    page = await browser.sign_in()

    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert "script" not in page.text
    cookie = next(one for one in browser.client.cookies.jar if one.name == "snp_session")
    assert cookie.has_nonstandard_attr("HttpOnly")


@pytest.mark.usefixtures("known")
async def test_nothing_free_says_what_to_do(door, browser):
    await door.house.settled()

    assert "Aucune place libre" in (await browser.sign_in()).text


async def test_without_a_provider_the_page_says_what_is_missing(settings, addresses, clock):
    alone = settings.model_copy(update={"oidc_providers": ()})
    async with house_at(alone, addresses, clock=clock) as house, doors_of(house) as door:
        answer = await door.client.get(PAGE)
    assert answer.status_code == 503
    assert "fournisseur" in answer.text


def test_a_provider_is_spoken_to_over_https_and_whole():
    usual = {"issuer": ISSUER, "audience": "snp", "jwks_url": "https://x.example/jwks"}
    with pytest.raises(ValidationError):
        Provider(**usual, authorize_url="https://x.example/a")
    at = {"authorize_url": "http://x.example/a", "token_url": "https://x.example/t"}
    with pytest.raises(ValidationError):
        Provider(**usual, **at, client_id="snp")
