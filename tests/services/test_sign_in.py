"""Who is let in: by a secret, or by a provider's word; and everybody who is not."""

import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from events.roles import Role
from services.access.providers import Provider
from services.access.signed import SignedIn
from services.access.tokens import AUDIENCE, LOCAL, InvalidToken, Tokens
from services.intake.naming import account_of
from tests.conftest import house_at
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, NEVERS, NOON
from tests.services.doors import doors_of

ISSUER = "https://auth.esw.esante.example/realms/pro"
PROVIDER_KEY = RSAKey.generate_key(2048, parameters={"kid": "one"}, auto_kid=False)


@pytest.fixture
def settings(settings, tmp_path):
    keys = tmp_path / "jwks.json"
    keys.write_bytes(orjson.dumps({"keys": [PROVIDER_KEY.as_dict(private=False)]}))
    provider = Provider(issuer=ISSUER, audience="snp", jwks_file=keys, rpps_claim="SubjectNameID")
    return settings.model_copy(update={"http_port": 0, "oidc_providers": (provider,)})


@pytest.fixture
async def door(settings, addresses, clock):
    async with house_at(settings, addresses, clock=clock) as house:
        await house.showing.wait()
        async with doors_of(house) as opened:
            yield opened


def claims(**changes):
    now = int(NOON.timestamp())
    usual = {"iss": ISSUER, "aud": "snp", "sub": "f:1:doctor", "iat": now, "exp": now + 600}
    return {name: value for name, value in (usual | changes).items() if value is not None}


def signed(key=PROVIDER_KEY, alg="RS256", kid="one", **changes):
    header = {"alg": alg, "kid": kid}
    return jwt.encode(header, claims(**changes), key, algorithms=[alg])


async def me(door, token):
    return await door.ask("GET", "/v1/me", door.bearer(token))


async def test_a_secret_is_exchanged_for_a_token(door):
    account = await door.account({"role": "regulator", "community": NEVERS})
    administrator = await door.as_(Role.ADMINISTRATOR)
    made = await door.ask("POST", f"/v1/accounts/{account}/secret", administrator)
    secret = made.json()["secret"]

    basic = await door.client.post("/v1/token", auth=(str(account), secret))
    form = {
        "grant_type": "client_credentials",
        "client_id": str(account),
        "client_secret": secret,
    }
    posted = await door.client.post("/v1/token", data=form)

    for answer in (basic, posted):
        assert answer.headers["cache-control"] == "no-store"
        known = (await me(door, answer.json()["access_token"])).json()
        assert known["capacities"] == [{"role": "regulator", "rpps": None, "communities": [NEVERS]}]


async def test_a_new_secret_ends_the_one_before(door):
    account = await door.account({"role": "regulator"})
    administrator = await door.as_(Role.ADMINISTRATOR)
    path = f"/v1/accounts/{account}/secret"
    first, second = [
        (await door.ask("POST", path, administrator)).json()["secret"] for _ in range(2)
    ]

    assert (await door.client.post("/v1/token", auth=(str(account), first))).status_code == 401
    assert (await door.client.post("/v1/token", auth=(str(account), second))).status_code == 200
    await door.ask("DELETE", f"/v1/accounts/{account}", administrator)
    assert (await door.client.post("/v1/token", auth=(str(account), second))).status_code == 401


@pytest.mark.parametrize(
    "auth", [("nobody", "nothing"), ("", ""), ("58a1d5a4-0000-4000-8000-000000000000", "guess")]
)
async def test_whoever_guesses_learns_nothing(door, auth):
    answer = await door.client.post("/v1/token", auth=auth)

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert auth[0] not in answer.text or not auth[0]


@pytest.mark.parametrize("form", ["&".join("ab=1" for _ in range(50)), "grant_type=password", "%"])
async def test_what_is_no_form_is_refused(door, form):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = await door.client.post("/v1/token", content=form, headers=headers)

    assert answer.status_code in {401, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_provider_s_word_is_taken_on_who_somebody_is(door):
    await door.account(
        {"role": "coordinator", "community": NEVERS}, issuer=ISSUER, subject="f:1:doctor"
    )

    known = (await me(door, signed())).json()

    assert known["account_id"] == str(account_of(ISSUER, "f:1:doctor"))
    assert known["capacities"] == [{"role": "coordinator", "rpps": None, "communities": [NEVERS]}]


@pytest.mark.parametrize("claim", [DR_ADAM, f"8{DR_ADAM}"])
async def test_who_is_vouched_for_as_a_practitioner_is_one_for_themselves(door, claim):
    known = (await me(door, signed(SubjectNameID=claim))).json()

    assert known["capacities"] == [
        {"role": "practitioner", "rpps": DR_ADAM, "communities": [NEVERS]}
    ]


async def test_a_practitioner_known_by_their_provider_alone_subscribes_to_their_calendar(door):
    doctor = door.bearer(signed(SubjectNameID=DR_ADAM))

    made = await door.ask("POST", f"/v1/practitioners/{DR_ADAM}/calendar", doctor)

    assert (await door.client.get(made.json()["url"])).status_code == 200
    other = await door.ask("POST", f"/v1/practitioners/{DR_BLAIN}/calendar", doctor)
    assert other.status_code == 403
    async with door.house.pool.connection() as connection:
        await connection.execute("update calendar_feeds set made_at = made_at - interval '1 year'")
        await connection.execute("update calendar_feeds set made_at = made_at - interval '1 day'")
    assert (await door.client.get(made.json()["url"])).status_code == 404


@pytest.mark.parametrize("claim", ["8", "ADELI123", "999", 10978000015, None])
async def test_what_is_no_rpps_makes_nobody_a_practitioner(door, claim):
    assert (await me(door, signed(SubjectNameID=claim))).status_code == 401


def by_hand(algorithm, key=b""):
    """What no library makes: `alg: none`, and a public key used as a shared secret."""
    head = {"alg": algorithm, "kid": "one"}
    text = ".".join(_part(orjson.dumps(one)) for one in (head, claims(SubjectNameID=DR_ADAM)))
    return f"{text}.{_part(hmac.digest(key, text.encode(), 'sha256')) if key else ''}"


def _part(content):
    return urlsafe_b64encode(content).decode().rstrip("=")


OTHER = RSAKey.generate_key(2048, parameters={"kid": "one"}, auto_kid=False)
TOKENS = {
    "expired": lambda: signed(exp=int((NOON - HOUR).timestamp()), SubjectNameID=DR_ADAM),
    "never expires": lambda: signed(exp=None, SubjectNameID=DR_ADAM),
    "not yet": lambda: signed(nbf=int((NOON + HOUR).timestamp()), SubjectNameID=DR_ADAM),
    "for another": lambda: signed(aud="somebody else", SubjectNameID=DR_ADAM),
    "for nobody": lambda: signed(aud=None, SubjectNameID=DR_ADAM),
    "of another": lambda: signed(iss="https://elsewhere.example", SubjectNameID=DR_ADAM),
    "of nobody": lambda: signed(iss=None, SubjectNameID=DR_ADAM),
    "not signed": lambda: by_hand("none"),
    "signed by another": lambda: signed(OTHER, SubjectNameID=DR_ADAM),
    "key confusion": lambda: by_hand("HS256", PROVIDER_KEY.as_pem(private=False)),
    "unknown key": lambda: signed(kid="two", key=OTHER, SubjectNameID=DR_ADAM),
    "ours, of another key": lambda: signed(
        OKPKey.generate_key("Ed25519"), alg="Ed25519", iss=LOCAL, aud=AUDIENCE, sub=str(NOON)
    ),
    "of an elliptic curve nobody has": lambda: signed(
        ECKey.generate_key("P-256"), alg="ES256", SubjectNameID=DR_ADAM
    ),
    "nothing": lambda: "",
    "no token": lambda: "a.b.c",
    "too long": lambda: "a" * 9000,
    "changed": lambda: signed(SubjectNameID=DR_ADAM)[:-6] + "AAAAAA",
}


@pytest.mark.parametrize("why", TOKENS)
async def test_who_is_not_who_they_say_is_not_believed(settings, clock, why):
    with pytest.raises(InvalidToken):
        await Tokens(settings, clock).check(TOKENS[why]())


async def test_who_is_who_they_say_is_believed(settings, clock):
    known = await Tokens(settings, clock).check(signed(SubjectNameID=DR_ADAM))

    until = NOON.timestamp() + 600
    assert known == SignedIn(account_of(ISSUER, "f:1:doctor"), DR_ADAM, DR_ADAM, until)


async def test_who_is_not_believed_is_told_no_more_than_that(door):
    answer = await me(door, TOKENS["key confusion"]())

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_our_token_is_good_for_minutes(door, clock):
    token = door.tokens.made_for(await door.account({"role": "regulator"}))
    assert (await me(door, token)).status_code == 200

    await clock.move_to(NOON + timedelta(minutes=16))

    assert (await me(door, token)).status_code == 401


async def test_who_has_an_account_and_no_role_may_nothing(door):
    assert (await me(door, door.tokens.made_for(await door.account()))).status_code == 401


async def test_others_can_check_our_tokens_by_our_public_key(door):
    keys = (await door.client.get("/v1/keys")).json()

    assert [key["kty"] for key in keys["keys"]] == ["OKP"]
    assert "d" not in keys["keys"][0]  # the private half


async def test_what_an_account_is_called_is_for_administrators_and_sealed(door):
    account = await door.account({"role": "regulator"}, title="SAS de la Nièvre")
    administrator = await door.as_(Role.ADMINISTRATOR)

    told = (await door.ask("GET", f"/v1/accounts/{account}", administrator)).json()

    assert (told["title"], told["state"]) == ("SAS de la Nièvre", "open")
    async with door.house.pool.connection() as connection:
        cursor = await connection.execute("select count(*) from events where data::text ~ 'SAS de'")
        assert (await cursor.fetchone()) == (0,)


async def test_an_account_that_asks_too_much_is_told_to_wait_and_others_are_not(
    settings, addresses, clock
):
    few = settings.model_copy(update={"http_burst": 5, "http_requests_a_second": 5.0})
    async with house_at(few, addresses, clock=clock) as house, doors_of(house) as door:
        busy, calm = await door.as_(Role.REGULATOR), await door.as_(Role.COORDINATOR)

        answers = [(await door.ask("GET", "/v1/me", busy)).status_code for _ in range(12)]

        assert answers.count(429) >= 2
        assert answers[0] == 200
        assert (await door.ask("GET", "/v1/me", calm)).status_code == 200
