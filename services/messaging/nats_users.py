"""Who may say and hear what over NATS: a user for each service, and for each partner.

`deploy/nats/users.conf` is written from here. A service that was taken over says no more than it
had to say; a partner speaks of its community alone, and hears its own answers alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlsplit

from events.agenda import AgendaEvent
from events.request import RequestEvent
from services.messaging import streams, subjects
from services.messaging.subjects import Kind

OPERATOR = "snp"
"""Who provisions, replays dead letters and reads what there is: may everything."""
_JS = "$JS.API"
_WRITTEN = "# Written by `snp nats-users`: a user a service, a user a partner."


@dataclass(frozen=True)
class User:
    """What one user may publish and subscribe to, beside their own inboxes; nothing else."""

    name: str
    publish: Sequence[str]
    subscribe: Sequence[str]
    answers: bool = False  # to who asks it: into inboxes, and nowhere else


def _of_a_stream(name: str) -> str:
    return f"{_JS}.STREAM.INFO.{name}"


_ABOUT = sorted({one.name.partition(".")[0] for one in get_args(RequestEvent | AgendaEvent)})
"""Beginnings of names of events on requests and places: what people are is nobody's news."""

SERVICES: tuple[User, ...] = (
    User(
        "relay",
        (
            subjects.EVENTS,
            subjects.BELL,
            _of_a_stream(streams.EVENTS),
            f"{_JS}.STREAM.MSG.GET.{streams.EVENTS}",
            f"{_JS}.DIRECT.GET.{streams.EVENTS}",
            f"{_JS}.DIRECT.GET.{streams.EVENTS}.>",
        ),
        (subjects.BELL,),
    ),
    User(
        "intake",
        (
            subjects.DEAD,
            f"{_JS}.CONSUMER.INFO.{streams.INBOX}.{streams.INTAKE}",
            f"{_JS}.CONSUMER.MSG.NEXT.{streams.INBOX}.{streams.INTAKE}",
            f"$JS.ACK.{streams.INBOX}.{streams.INTAKE}.>",
        ),
        (subjects.ASK, subjects.BELL),
        answers=True,
    ),
    User("dispatch", (), (subjects.TAKE, subjects.RANK, subjects.BELL), answers=True),
    User("projector", (), (subjects.BELL,)),
    User("notify", (), (subjects.BELL,)),
    User("deliver", (), (subjects.BELL,)),
    User(
        "hub",
        (subjects.ask(subjects.ANY_COMMUNITY, Kind.CARE_REQUEST), subjects.DEAD),
        (subjects.BELL,),
    ),
    User("api", (subjects.ASK, subjects.TAKE, subjects.RANK), (subjects.BELL,)),
)
"""One for each service."""


def partner(name: str, community: str, kinds: Iterable[Kind]) -> User:
    """Somebody else's system: it tells of one community, and follows what happens there."""
    said = [
        subject
        for kind in sorted(kinds)
        for subject in (subjects.inbox(community, kind), subjects.ask(community, kind))
    ]
    heard = tuple(f"snp.event.{community}.{about}.*.*" for about in _ABOUT)
    return User(name, said, heard)


def inbox_of(name: str) -> str:
    """The prefix of a user's inboxes: nobody hears what another was answered."""
    return f"_INBOX.{name}"


def inbox_at(url: str) -> str:
    """Of the user that is in an address of NATS; the usual one, of none."""
    name = urlsplit(url.partition(",")[0]).username
    return inbox_of(name) if name else "_INBOX"


def configuration(users: Iterable[User]) -> str:
    """As nats-server includes it where users are: passwords are in its environment."""
    everything = f'{{ user: "{OPERATOR}", password: ${_variable("")} }}'
    lines = [everything, *(_line(user) for user in users)]
    return f"{_WRITTEN}\nusers: [\n" + "".join(f"  {line}\n" for line in lines) + "]\n"


def password_name(user: User) -> str:
    """The variable its password is in."""
    return _variable(f"_{user.name.upper().replace('-', '_')}")


def _variable(name: str) -> str:
    return f"SNP_NATS{name}_PASSWORD"


def _line(user: User) -> str:
    # Not `allow_responses`: whoever asks says where the answer goes, and might say anything.
    publish = _allowed((*user.publish, *(["_INBOX.>"] if user.answers else [])))
    subscribe = _allowed((*user.subscribe, f"{inbox_of(user.name)}.>"))
    return (
        f'{{ user: "{user.name}", password: ${password_name(user)},'
        f" permissions: {{ publish: {publish}, subscribe: {subscribe} }} }}"
    )


def _allowed(named: Sequence[str]) -> str:
    if not named:
        return '{ deny: ">" }'
    return "{ allow: [" + ", ".join(f'"{one}"' for one in named) + "] }"
