"""Ids made of what others call things: the same message makes the same ids (docs/adr/0006)."""

from uuid import UUID, uuid5

import orjson

NAMESPACE = UUID("6f1c3a52-6c5d-5d0b-9c0e-51b1d1a5c0de")


def request_of(case_id: str) -> UUID:
    """The request that stands for a regulation file."""
    return uuid5(NAMESPACE, f"case:{case_id}")


def contacts_of(rpps: str) -> UUID:
    """What the vault calls a practitioner's addresses."""
    return uuid5(NAMESPACE, f"contacts:{rpps}")


def account_of(issuer: str, subject: str) -> UUID:
    """The account of whoever signs in there as that."""
    return named("account", issuer, subject)


def command_of(source: str, event_id: str) -> UUID:
    """The command a CloudEvent makes; of a request without a file, the request as well."""
    return named("event", source, event_id)


def named(*parts: str) -> UUID:
    """An id made of these words: of others, another."""
    return uuid5(NAMESPACE, orjson.dumps(parts).decode())
