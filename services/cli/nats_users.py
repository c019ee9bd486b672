"""`snp nats-users`: users of NATS as nats-server reads them, partners included."""

import re

from rich.console import Console

from events.roles import Role
from services.access.permissions import TABLE
from services.cli.errors import Told
from services.messaging.nats_users import (
    OPERATOR,
    SERVICES,
    configuration,
    inbox_of,
    partner,
    password_name,
)
from services.messaging.subjects import Kind

_REGULATORS = frozenset(kind for kind in Kind if Role.REGULATOR in TABLE[kind])
_PRACTITIONERS = frozenset(kind for kind in Kind if Role.PRACTITIONER in TABLE[kind])
_TELLS = {"regulators": _REGULATORS, "practitioners": _PRACTITIONERS}
_FORM = re.compile(r"([a-z][a-z0-9-]{1,30}):([0-9AB]{9}):(regulators|practitioners)")


def show_users(partners: list[str]) -> None:
    """To standard output; what is to be done with it, beside."""
    users = list(SERVICES)
    for one in partners:
        found = _FORM.fullmatch(one)
        if found is None:
            msg = f"{one}: say NAME:FINESS:regulators or NAME:FINESS:practitioners"
            raise Told(msg, code="usage", status=2)
        name, community, tells = found.groups()
        if name in {OPERATOR, *(user.name for user in users)}:
            raise Told(f"{name} is a user already", code="usage", status=2)
        users.append(partner(name, community, _TELLS[tells]))
    print(configuration(users), end="")
    aside = Console(stderr=True)  # the rest goes into a file
    for user in users[len(SERVICES) :]:
        aside.print(
            f"{user.name}: give nats-server {password_name(user)}, and tell them to connect with"
            f" inbox_prefix {inbox_of(user.name)}",
            style="dim",
        )
