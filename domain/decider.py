"""The shape of every rule file: decide what happens, evolve what is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

Command = TypeVar("Command")
State = TypeVar("State")
Happening = TypeVar("Happening")


class Refused(Exception):
    """What was asked is against a rule."""

    # The docstring is the message. The code is what other systems read: data, it stays.
    code: ClassVar[str]

    @property
    def message(self) -> str:
        """The rule that forbids it, for a person."""
        return (type(self).__doc__ or "").partition("\n")[0]

    def __str__(self) -> str:
        """The message, and what it is about."""
        about = ", ".join(str(arg) for arg in self.args)
        return f"{self.message} ({about})" if about else self.message


class ImpossibleHistory(Exception):
    """The log holds an event that cannot follow the events before it."""


@dataclass(frozen=True)
class Decider(Generic[Command, State, Happening]):
    """A rule file as one value."""

    initial: State
    decide: Callable[[Command, State], Sequence[Happening]]
    evolve: Callable[[State, Happening], State]

    def replay(self, events: Iterable[Happening], since: State | None = None) -> State:
        """What is, after these events."""
        state = self.initial if since is None else since
        for event in events:
            state = self.evolve(state, event)
        return state

    def follow(self, commands: Iterable[Command], state: State) -> tuple[list[Happening], State]:
        """What happens by these commands, each decided after the ones before; and what is then."""
        happened: list[Happening] = []
        for command in commands:
            events = self.decide(command, state)
            state = self.replay(events, since=state)
            happened += events
        return happened, state
