"""The national platform: appointments of its regulators, and what becomes of them (INT_R03).

A new one is created; once the platform knows of it, or may know, it is a conditional update, which
the platform takes as a creation where it does not: so telling it twice changes nothing.
"""

from hashlib import sha256
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

import httpx
import orjson

from domain import community as communities
from domain.community import Formed
from events import streams
from events.envelope import Recorded
from services.access.names import Name
from services.deliver.destination import LeftOut, NotNow, Outcome, Over, Parcel, Refused
from services.deliver.http import outcome_of
from services.deliver.ledger import DELIVERED, Ledger
from services.deliver.tls import client_context
from services.fhir.appointments import Booked, appointment_of, resource
from services.fhir.codes import MEDIA_TYPE
from services.intake.entitlements import IDENTIFIERS
from services.log.reader import Log
from services.log.vault import Vault
from services.settings import Settings

NAME = "platform"
_ACCOUNT = "account-"
_CHANGES = frozenset(
    {
        "request.assigned",
        "request.unassigned",
        "request.withdrawn",
        "request.reoriented",
        "request.merged",
        "request.refused_as_emergency",
        "visit.attended",
        "visit.missed",
        "visit.cancelled",
    }
)
"""After these an appointment is another; what it is now is read from the log when it is told."""
_PARIS = "Europe/Paris"


class Platform:
    """A destination: `POST` and `PUT /Appointment`."""

    name = NAME

    def __init__(self, settings: Settings, log: Log, vault: Vault, ledger: Ledger) -> None:
        assert settings.platform_url, "whoever has no address is told nothing"
        self._base = settings.platform_url.rstrip("/")
        self._system = settings.platform_system
        self._log = log
        self._vault = vault
        self._ledger = ledger
        trust = client_context(
            settings.platform_authority, settings.platform_certificate, settings.platform_key
        )
        self._client = httpx.AsyncClient(verify=trust, timeout=settings.deliver_timeout_seconds)

    async def aclose(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def parcel(self, recorded: Recorded) -> Parcel | LeftOut | None:
        """The appointment as it is now; None where the platform has heard exactly that."""
        if recorded.event.name not in _CHANGES:
            return None
        booked = appointment_of(await self._log.history(recorded.stream))
        if booked is None:
            return None
        what = f"Appointment {booked.status}"
        regulator = await self._regulator(booked)
        if regulator is None:
            why = "whoever asked has no number the platform knows (INT_R02)"
            return LeftOut(recorded, what, why)
        zone = await self._zone(recorded)
        told = resource(booked, regulator=regulator, system=self._system, zone=zone)
        body = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
        digest = sha256(body).hexdigest()
        last = await self._ledger.last_said(NAME, recorded.stream)
        if last is not None and last.digest == digest and last.state == DELIVERED:
            return None
        return Parcel(recorded, what, body, digest, known=last is not None)

    async def send(self, parcel: Parcel, nth: int) -> Outcome:
        """Created, or changed. 400 and 422 are for good: somebody has to look (INTEROP, 3)."""
        created, request_id = f"{self._base}/Appointment", streams.identity(parcel.recorded.stream)
        changed = f"{created}?{urlencode({'identifier': f'{self._system}|{request_id}'})}"
        try:
            if parcel.known or nth > 1:
                answer = await self._told("PUT", changed, parcel)
                if answer.status_code == HTTPStatus.NOT_FOUND:  # it never arrived there
                    answer = await self._told("POST", created, parcel)
            else:
                answer = await self._told("POST", created, parcel)
        except httpx.HTTPError as fault:
            return NotNow(type(fault).__name__)
        outcome = outcome_of(answer)
        if isinstance(outcome, Refused | Over):
            # 410 Gone is no wish to hear nothing more, of a platform: it is one more refusal.
            return Refused(outcome.status, _said(answer) or outcome.detail)
        return outcome

    async def _told(self, method: str, address: str, parcel: Parcel) -> httpx.Response:
        headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
        return await self._client.request(method, address, content=parcel.body, headers=headers)

    async def _regulator(self, booked: Booked) -> Name | None:
        for ref in booked.by:
            if not ref.startswith(_ACCOUNT):
                continue
            sealed = await self._vault.numbers_of(UUID(ref.removeprefix(_ACCOUNT)))
            if sealed is not None:
                first = IDENTIFIERS.validate_json(sealed)[0]
                return Name(first.system, first.value)
        return None

    async def _zone(self, recorded: Recorded) -> str:
        finess = recorded.meta.community
        if finess is None:
            return _PARIS
        state = await self._log.state(communities.decider, streams.community(finess))
        return state.zone if isinstance(state, Formed) else _PARIS


def _said(answer: httpx.Response) -> str | None:
    """Of an OperationOutcome, the codes: its texts may quote what they were given."""
    try:
        issues = answer.json()["issue"]
        codes = ", ".join(str(one["code"]) for one in issues)
    except (ValueError, LookupError, TypeError):
        return None
    return f"{answer.status_code}: {codes}"
