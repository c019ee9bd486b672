"""Signed tokens: those of other providers, checked; our own, made and checked.

A token says who somebody is, for whom it was made and until when. What they may do it does not say:
that is the account's. RFC 7519, 8725 (best practice), 9068; OpenID Connect Core 1.0.
"""

import asyncio
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from domain.decider import Refused
from services.access.providers import Provider
from services.access.signed import SignedIn
from services.clock import Clock
from services.fhir.codes import without_prefix
from services.intake.naming import account_of
from services.log.vault import master_key
from services.settings import Settings

ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "Ed25519")
"""Never `none`, and none with a shared secret: a public key is no password (RFC 8725, 3.1)."""
LOCAL = "urn:snp-dispatch"
"""Who signs tokens of accounts with a secret here."""
AUDIENCE = "snp-dispatch"
_SESSIONS, _SIGNING_IN = "snp-dispatch-session", "snp-dispatch-signing-in"
SIGN_IN_SECONDS = 600  # to sign in elsewhere, and come back

_LONGEST = 8192  # characters of a token: more is no token
_KEYS_READ_AGAIN_SECONDS = 300.0
_CHECKED_AGAIN_SECONDS = 60.0  # never after it expires
_MOST_CHECKED = 10_000
_KEYS_TRIED_AGAIN_SECONDS = 10.0
_KEYS_TIMEOUT_SECONDS = 5.0

log = structlog.get_logger()


class InvalidToken(Refused):
    """Who you are was not proved: sign in again."""

    code = "invalid_token"


class _Checked(NamedTuple):
    signed: SignedIn
    until: float  # seconds since 1970: then it is looked at again


class Tokens:
    """Checks every token, and makes those of accounts here."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._minutes = settings.token_minutes
        self._session_minutes = settings.session_minutes
        self._leeway = int(settings.token_leeway_seconds)
        # Every process with the vault's key has it: nothing to hand around, nothing to lose.
        seed = HKDF(SHA256(), 32, salt=None, info=b"sign-in").derive(master_key(settings))
        self._key = OKPKey.import_key(
            Ed25519PrivateKey.from_private_bytes(seed), parameters={"kid": "local"}
        )
        self._checked: dict[str, _Checked] = {}
        self._providers = {one.issuer: _Known(one) for one in settings.oidc_providers}

    @property
    def public_keys(self) -> dict[str, Any]:
        """By which others may check our tokens (RFC 7517)."""
        return {"keys": [self._key.as_dict(private=False, use="sig", alg="Ed25519")]}

    def made_for(self, account_id: UUID) -> str:
        """A token of ours."""
        claims = {"aud": AUDIENCE, "sub": str(account_id), "jti": str(uuid4())}
        return self._made("at+jwt", claims, 60 * self._minutes)

    def session_for(self, signed: SignedIn) -> str:
        """A session on a page of ours, of somebody who just proved who they are."""
        claims = {
            "aud": _SESSIONS,
            "sub": str(signed.account_id),
            "rpps": signed.rpps,
            "national": signed.national,
        }
        return self._made("session+jwt", claims, 60 * self._session_minutes)

    def session(self, text: str) -> SignedIn:
        """Whose session it is. Raises InvalidToken."""
        claims = self._ours(text, _SESSIONS)
        try:
            account_id = UUID(str(claims.get("sub")))
        except ValueError as malformed:
            raise InvalidToken from malformed
        return SignedIn(account_id, claims["rpps"], claims["national"], float(claims["exp"]))

    def remembered(self, what: dict[str, str]) -> str:
        """What a browser keeps for us while it signs in elsewhere: it cannot change it."""
        return self._made("JWT", {"aud": _SIGNING_IN, "what": what}, SIGN_IN_SECONDS)

    def recalled(self, text: str, *, state: str) -> dict[str, str]:
        """As it was given it, for the one who comes back with that state. Raises InvalidToken."""
        found: dict[str, str] = self._ours(text, _SIGNING_IN)["what"]
        if not hmac.compare_digest(found["state"], state):
            raise InvalidToken
        return found

    def _made(self, kind: str, claims: Mapping[str, Any], seconds: float) -> str:
        now = int(self._clock.now().timestamp())
        header = {"alg": "Ed25519", "typ": kind, "kid": "local"}
        usual = {"iss": LOCAL, "iat": now, "exp": now + int(seconds)}
        return jwt.encode(header, {**usual, **claims}, self._key, algorithms=["Ed25519"])

    def _ours(self, text: str, audience: str) -> dict[str, Any]:
        """The claims of what we made for that audience. Raises InvalidToken."""
        if len(text) > _LONGEST:
            raise InvalidToken
        return self._claims(text, KeySet([self._key]), LOCAL, audience, ("Ed25519",))

    async def check(self, token: str) -> SignedIn:
        """Whose it is. Raises InvalidToken, that says no more than that."""
        if len(token) > _LONGEST:
            raise InvalidToken
        now = self._clock.now().timestamp()
        known = self._checked.get(token)
        if known is not None and now < known.until:
            return known.signed
        signed, until = await self._check(token)
        # The same token comes with every question: its signature is looked at once a minute.
        if len(self._checked) >= _MOST_CHECKED:
            self._checked.clear()
        self._checked[token] = _Checked(signed, min(until, now + _CHECKED_AGAIN_SECONDS))
        return signed

    async def check_nonce(self, token: str, nonce: str) -> SignedIn:
        """As `check`, of a token that must be the answer to this very question."""
        signed = await self.check(token)
        claims = orjson.loads(_payload(token))  # its signature was just looked at
        if not hmac.compare_digest(str(claims.get("nonce", "")), nonce):
            raise InvalidToken
        return signed

    async def _check(self, token: str) -> tuple[SignedIn, float]:
        issuer = _issuer_claimed(token)
        if issuer == LOCAL:
            claims = self._ours(token, AUDIENCE)
            try:
                until = float(claims["exp"])
                return SignedIn(UUID(str(claims.get("sub"))), until=until), until
            except ValueError as malformed:
                raise InvalidToken from malformed
        known = self._providers.get(issuer)
        if known is None:
            raise InvalidToken
        provider = known.provider
        try:
            claims = self._claims(token, await known.keys(), issuer, provider.audience, ALGORITHMS)
        except InvalidToken:
            if not await known.has_news():
                raise
            claims = self._claims(token, await known.keys(), issuer, provider.audience, ALGORITHMS)
        subject = claims.get(provider.subject_claim)
        if not isinstance(subject, str) or not subject:
            raise InvalidToken
        rpps = claims.get(provider.rpps_claim) if provider.rpps_claim else None
        national = rpps if isinstance(rpps, str) and rpps else None
        until = float(claims["exp"])
        return SignedIn(account_of(issuer, subject), _rpps(rpps), national, until), until

    def _claims(
        self, token: str, keys: KeySet, issuer: str, audience: str, algorithms: Sequence[str]
    ) -> dict[str, Any]:
        now = int(self._clock.now().timestamp())
        expected = jwt.JWTClaimsRegistry(
            now=now,
            leeway=self._leeway,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        )
        try:
            found = jwt.decode(token, keys, algorithms=list(algorithms))
            expected.validate(found.claims)
        except (JoseError, ValueError, KeyError, TypeError) as wrong:
            raise InvalidToken from wrong
        return found.claims


class _Known:
    """A provider and its keys, read again every few minutes and when one is missing."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._keys: KeySet | None = None
        self._read_at = -_KEYS_READ_AGAIN_SECONDS - monotonic()
        self._one_reading = asyncio.Lock()

    async def keys(self) -> KeySet:
        """Raises InvalidToken where they cannot be had: nobody is let in on a guess."""
        async with self._one_reading:
            age = monotonic() - self._read_at
            if age > (_KEYS_READ_AGAIN_SECONDS if self._keys else _KEYS_TRIED_AGAIN_SECONDS):
                await self._read_anew()
            if self._keys is None:
                raise InvalidToken
            return self._keys

    async def has_news(self) -> bool:
        """A key may be new: read them again, but not for everybody who makes one up."""
        async with self._one_reading:
            if monotonic() - self._read_at < _KEYS_TRIED_AGAIN_SECONDS:
                return False
            await self._read_anew()
            return self._keys is not None

    async def _read_anew(self) -> None:
        self._read_at = monotonic()
        try:
            self._keys = KeySet.import_key_set(await self._read())
        except (OSError, ValueError, httpx.HTTPError, JoseError) as fault:
            # Those there were stay good; where there were none, who comes is not let in.
            log.warning("keys not read", issuer=self.provider.issuer, error=type(fault).__name__)

    async def _read(self) -> Any:
        if self.provider.jwks_file is not None:
            return orjson.loads(await asyncio.to_thread(self.provider.jwks_file.read_bytes))
        async with httpx.AsyncClient(timeout=_KEYS_TIMEOUT_SECONDS) as client:
            answer = await client.get(self.provider.jwks_url or "")
            answer.raise_for_status()
            return answer.json()


def _issuer_claimed(token: str) -> str:
    """Whose keys to look for; nothing else is believed before the signature is."""
    try:
        claims = orjson.loads(_payload(token))
    except (ValueError, TypeError) as malformed:
        raise InvalidToken from malformed
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else ""


def _payload(token: str) -> bytes:
    header, _, rest = token.partition(".")
    payload, _, signature = rest.partition(".")
    if not (header and payload and signature):
        raise InvalidToken
    return urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


def _rpps(claimed: object) -> str | None:
    """Eleven digits; nationally with an 8 before them (INTEROP of the design, 1.4)."""
    text = without_prefix(claimed) if isinstance(claimed, str) else ""
    return text if len(text) == 11 and text.isdigit() else None  # noqa: PLR2004
