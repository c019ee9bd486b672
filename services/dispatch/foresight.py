"""A board ahead of the log: what was decided here counts before it is written.

Each version foreseen is remembered with the command that is to write it. When the command fails, or
the log has somebody else's event there, the streams concerned are forgotten at once and read anew:
nothing is ever decided on a state that is in doubt.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum
from uuid import UUID

from events.envelope import Recorded
from events.request import RequestReopened, RequestUnassigned
from events.streams import kind
from services.dispatch.board import Board
from services.log.commands import Append

Epochs = dict[str, int]
"""How often each stream had been read anew when something was foreseen of it."""


class Heard(Enum):
    """What an event of the log is to whoever is ahead of it."""

    NEWS = "news"
    KNOWN = "known"
    DOUBT = "doubt"  # what the board has is not, or not all, there is: read the stream anew


class Foresight:
    """`foresee` what was given to the log, `hear` what it has; `forget` and `restore` on doubt."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._foreseen: dict[str, dict[int, UUID]] = {}  # stream → version → command
        self._unheard: dict[str, UUID] = {}  # stream → the last command not known to be written
        self._epochs: Counter[str] = Counter()
        self._meanwhile: dict[str, list[Recorded]] = {}  # of streams being read: what came

    def foresee(self, command: Append, streams: Iterable[str], cause: UUID) -> Epochs:
        """Go on as if the command's events in these streams were written."""
        wanted = set(streams)
        for write in command.writes:
            if write.stream not in wanted:
                continue
            self.board.foresee(write.stream, write.expected + 1, write.events, cause)
            versions = self._foreseen.setdefault(write.stream, {})
            for version in range(write.expected + 1, write.expected + 1 + len(write.events)):
                versions[version] = command.command_id
            self._unheard[write.stream] = command.command_id
        # What communities agreed is never foreseen, and without it nothing can be decided at all:
        # what is new of it is heard like anything else.
        read = (stream for stream, _ in command.unmoved if kind(stream) != "community")
        concerned = (*wanted, *read)
        return {stream: self._epochs[stream] for stream in concerned}

    def stands_on(self, streams: Iterable[str]) -> frozenset[UUID]:
        """The commands not known to be written that a decision over these streams relies on."""
        return frozenset(self._unheard[s] for s in streams if s in self._unheard)

    def uncertain(self, stream: str) -> bool:
        """Whether what the board has of the stream may yet turn out otherwise."""
        return stream in self._unheard or stream in self._meanwhile

    def written(self, command: Append) -> None:
        """The command is in the log."""
        for write in command.writes:
            if self._unheard.get(write.stream) == command.command_id:
                del self._unheard[write.stream]

    def hear(self, recorded: Recorded) -> Heard:
        """One event of the log, in order."""
        stream, version = recorded.stream, recorded.version
        if stream in self._meanwhile:
            self._meanwhile[stream].append(recorded)
            return Heard.KNOWN
        foreseen = self._foreseen.get(stream)
        if foreseen is not None and version in foreseen:
            ours = foreseen.pop(version) == recorded.meta.command_id
            if not foreseen:
                del self._foreseen[stream]
            return Heard.KNOWN if ours else Heard.DOUBT
        if isinstance(recorded.event, RequestUnassigned | RequestReopened):
            return Heard.DOUBT  # it waits again: the board let go of it when it was settled
        return Heard.NEWS if self.board.apply(recorded) else Heard.KNOWN

    def in_doubt(self, epochs: Epochs) -> list[str]:
        """Of what a failed command concerned: the streams not read anew since."""
        return [stream for stream, epoch in epochs.items() if self._epochs[stream] == epoch]

    def forget(self, streams: Iterable[str]) -> list[str]:
        """Hold nothing of these streams until each is restored. Gives those to read."""
        forgotten = [stream for stream in streams if stream not in self._meanwhile]
        for stream in forgotten:
            self._epochs[stream] += 1
            self._meanwhile[stream] = []
            self._foreseen.pop(stream, None)
            self._unheard.pop(stream, None)
            self.board.forget(stream)
        return forgotten

    def restore(self, stream: str, history: Sequence[Recorded]) -> None:
        """The stream as the log has it, and what came while it was read."""
        since = history[-1].version if history else 0
        came = [recorded for recorded in self._meanwhile.pop(stream) if recorded.version > since]
        self.board.restore(stream, [*history, *came])

    def is_reading(self, stream: str) -> bool:
        """Whether the stream is forgotten and not yet restored."""
        return stream in self._meanwhile
