"""The names of streams: the boundary inside which versions are counted."""

from uuid import UUID


def request(request_id: UUID) -> str:
    """The stream of one request."""
    return f"request-{request_id}"


def agenda(rpps: str, week: str) -> str:
    """The stream of one practitioner's ISO week."""
    return f"agenda-{rpps}-{week}"


def practitioner(rpps: str) -> str:
    """The stream of one practitioner."""
    return f"practitioner-{rpps}"


def community(finess: str) -> str:
    """The stream of one community."""
    return f"community-{finess}"


def account(account_id: UUID) -> str:
    """The stream of one account."""
    return f"account-{account_id}"


def kind(stream: str) -> str:
    """`request`, `agenda`, `practitioner`, `community` or `account`."""
    return stream.partition("-")[0]


def identity(stream: str) -> str:
    """What the name says after its kind."""
    return stream.partition("-")[2]


def agenda_named(stream: str) -> tuple[str, str]:
    """RPPS and ISO week of an agenda's stream."""
    rpps, _, week = identity(stream).partition("-")
    return rpps, week
