"""TLS, and systems that show a certificate: which account a CN and an OU are (INTEROP, 1.6)."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from uuid import UUID

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.access.providers import TlsClient
from services.settings import Settings

PEER = "peer_certificate"


def context_of(settings: Settings) -> ssl.SSLContext | None:
    """What the settings ask for: TLS 1.2 at least. None: none was asked for.

    A certificate that is shown must be good: of the authority, not over, not revoked. None may be
    shown, for people sign in otherwise; where an account is needed, it is then missing.
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    if settings.tls_client_authority is not None:
        context.load_verify_locations(settings.tls_client_authority)
        context.verify_mode = ssl.CERT_OPTIONAL
        if settings.tls_revoked is not None:
            context.load_verify_locations(settings.tls_revoked)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


class WithPeer(HttpToolsProtocol):
    """HTTP that tells whose certificate was shown, and hangs up on who does not say what is asked.

    Uvicorn has a time for the next question and none for the head of one: a thousand connections
    that say nothing would be all there are.
    """

    head_seconds = 10.0
    connections_of_one = 500
    _there: ClassVar[Counter[str]] = Counter()  # connections, by the address they come from
    _from: str | None = None
    _waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Somebody is there."""
        shown = transport.get_extra_info("peercert")
        if shown:
            self.app_state = {**self.app_state, PEER: shown}
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        where = str(peer[0]) if peer else "here"
        if self._there[where] >= self.connections_of_one:
            transport.close()  # others want to come in as well
            return
        self._from = where
        self._there[where] += 1
        self._expect()

    def on_message_begin(self) -> None:
        """They begin to say something."""
        self._expect()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """They said what they ask."""
        self._said()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._said()
        if self._from is not None:
            self._there[self._from] -= 1
            if not self._there[self._from]:
                del self._there[self._from]
        super().connection_lost(exc)

    def _expect(self) -> None:
        self._said()
        self._waits = self.loop.call_later(self.head_seconds, self._hang_up)

    def _said(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def protocol(settings: Settings) -> type[WithPeer]:
    """With so long for the head of a question, and so many connections of one address."""
    said = {
        "head_seconds": settings.http_head_seconds,
        "connections_of_one": settings.http_connections_of_one,
        "_there": Counter(),
    }
    return type("Protocol", (WithPeer,), said)


def account_of(certificate: Mapping[str, Any], clients: tuple[TlsClient, ...]) -> UUID | None:
    """The account of whoever has this CN and this OU, both; None: nobody we know."""
    subject = list(_attributes(certificate))
    for client in clients:
        if ("commonName", client.cn) in subject and (
            "organizationalUnitName",
            client.ou,
        ) in subject:
            return client.account
    return None


def _attributes(certificate: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Of the subject, as `ssl` shows it."""
    for relative in certificate.get("subject", ()):
        yield from relative
