"""Signing in with a provider from a page of ours: authorisation code with PKCE and a nonce.

OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9700 (best practice).
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from secrets import token_urlsafe
from urllib.parse import urlencode

import httpx

from services.access.providers import Provider
from services.access.signed import SignedIn
from services.access.tokens import InvalidToken, Tokens

_RANDOM_BYTES = 32
_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Leaving:
    """Where the browser is sent, and what has to be remembered until it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


class CodeFlow:
    """One provider."""

    def __init__(self, provider: Provider, tokens: Tokens, redirect_uri: str) -> None:
        self._provider = provider
        self._tokens = tokens
        self._redirect_uri = redirect_uri

    def leaving(self) -> Leaving:
        """To the provider's page."""
        state, nonce, verifier = (token_urlsafe(_RANDOM_BYTES) for _ in range(3))
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._provider.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._provider.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        if self._provider.acr_values:
            asked["acr_values"] = self._provider.acr_values
        return Leaving(f"{self._provider.authorize_url}?{urlencode(asked)}", state, nonce, verifier)

    async def back(self, code: str, nonce: str, verifier: str) -> SignedIn:
        """Who came back with that code. Raises InvalidToken."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
            "client_id": self._provider.client_id,
        }
        if self._provider.client_secret is not None:
            form["client_secret"] = self._provider.client_secret.get_secret_value()
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as client:
                answer = await client.post(str(self._provider.token_url), data=form)
                answer.raise_for_status()
                token = str(answer.json()["id_token"])
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as wrong:
            raise InvalidToken from wrong
        return await self._tokens.check_nonce(token, nonce)
