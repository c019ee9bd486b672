"""Where the servers are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Addresses:
    """Where PostgreSQL and NATS are, passwords included: never for a log."""

    database_url: str
    nats_url: str
