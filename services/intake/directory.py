"""Which community serves which commune: read from the log, and again when somebody is unknown."""

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from domain.community import Formed
from domain.community import decider as community_decider
from events import streams
from events.community import CommunityFormed
from events.place import Commune, Position
from services.log.reader import Log


@dataclass(frozen=True)
class Known:
    """A community, and what it serves."""

    finess: str
    formed: Formed

    @property
    def centre(self) -> Position:
        """Its most populous commune: where a patient of unknown whereabouts is taken to be."""
        return max(self.formed.communes, key=lambda c: (c.population, c.insee)).position


class Directory:
    """Communities by FINESS and by commune."""

    def __init__(self, log: Log, again: timedelta) -> None:
        self._log = log
        self._again = again.total_seconds()
        self._agreed: dict[str, tuple[float, Formed]] = {}  # when it was read, and what
        self._communities: dict[str, Known] = {}
        self._serving: dict[str, Known] = {}
        self._communes: dict[str, Commune] = {}

    async def community(self, finess: str) -> Known | None:
        """The community of that number."""
        if finess not in self._communities:
            await self._read()
        return self._communities.get(finess)

    async def serving(self, insee: str) -> Known | None:
        """The community that serves that commune; where two claim it, the lower number."""
        if insee not in self._serving:
            await self._read()
        return self._serving.get(insee)

    async def commune(self, insee: str) -> Commune | None:
        """A commune some community serves."""
        if insee not in self._communes:
            await self._read()
        return self._communes.get(insee)

    async def as_agreed(self, finess: str) -> Formed:
        """What the community agreed to, a few seconds ago at the latest."""
        read_at, formed = self._agreed.get(finess, (0.0, None))
        if formed is None or monotonic() - read_at > self._again:
            state = await self._log.state(community_decider, streams.community(finess))
            assert isinstance(state, Formed), "only of a community that is known"
            formed = state
            self._agreed[finess] = (monotonic(), formed)
        return formed

    async def _read(self) -> None:
        """All communities: about a thousand rows, once, and whenever somebody is not found."""
        for recorded in await self._log.of_kind("community"):
            finess = streams.identity(recorded.stream)
            if isinstance(recorded.event, CommunityFormed) and finess not in self._communities:
                self._add(finess, recorded.event)

    def _add(self, finess: str, event: CommunityFormed) -> None:
        formed = community_decider.replay([event])
        assert isinstance(formed, Formed)
        known = Known(finess, formed)
        self._communities[finess] = known
        for commune in formed.communes:
            other = self._serving.get(commune.insee)
            if other is None or finess < other.finess:
                self._serving[commune.insee] = known
            self._communes[commune.insee] = commune
