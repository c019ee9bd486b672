"""What an answer over HTTP means to who told something."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from services.deliver.destination import Delivered, NotNow, Outcome, Over, Refused

_LATER = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,  # a certificate or a secret that is just being changed
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,  # a service that is just being moved
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.LOCKED,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""Nothing is wrong with what was told: whoever is there cannot take it now."""


def outcome_of(answer: httpx.Response) -> Outcome:
    """Taken with any 2xx, refused with what is wrong in it; all else is for later."""
    status = answer.status_code
    if answer.is_success:
        return Delivered(status)
    if status == HTTPStatus.GONE:
        return Over(status, "they want to hear nothing more")
    if answer.is_client_error and status not in _LATER:
        return Refused(status, f"answered {status}")
    return NotNow(f"answered {status}", status, _after(answer))


def _after(answer: httpx.Response) -> float | None:
    """Seconds, as `Retry-After` has them (RFC 9110, 10.2.3)."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return float(said[:9])
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
