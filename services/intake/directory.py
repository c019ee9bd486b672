"""Which community serves which commune, and what it agreed to: read from the log as it goes on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from domain import community as communities
from domain.community import Community, Formed, NotFormed
from events import streams
from events.community import CommunityEvent
from events.envelope import Recorded
from events.place import Commune, Position
from services.log.reader import Log


@dataclass(frozen=True)
class Known:
    """A community, and what it agreed to."""

    finess: str
    formed: Formed

    @property
    def centre(self) -> Position:
        """Its most populous commune: where a patient of unknown whereabouts is taken to be."""
        return max(self.formed.communes, key=lambda c: (c.population, c.insee)).position


class Directory:
    """Communities by FINESS and by commune, as they were a few seconds ago at the latest.

    Whoever is not found is looked for again at once.
    """

    def __init__(self, log: Log, again: timedelta) -> None:
        self._log = log
        self._again = again.total_seconds()
        self._position = 0
        self._read_at: float | None = None
        self._states: dict[str, Community] = {}
        self._claims: dict[str, dict[str, int]] = {}  # commune → community → since which position
        self._communes: dict[str, Commune] = {}

    async def community(self, finess: str) -> Known | None:
        """The community of that number."""
        await self._refresh(found=finess in self._states)
        match self._states.get(finess):
            case Formed() as formed:
                return Known(finess, formed)
            case _:
                return None

    async def zone_of(self, communities: Sequence[str]) -> str:
        """Whose clocks the first of them goes by; those of Paris where there is none."""
        known = await self.community(communities[0]) if communities else None
        return known.formed.zone if known else "Europe/Paris"

    async def everyone(self) -> list[Known]:
        """Every community there is."""
        await self._refresh(found=True)
        return [Known(n, one) for n, one in sorted(self._states.items()) if isinstance(one, Formed)]

    async def serving(self, insee: str) -> Known | None:
        """The community that serves that commune; of several (large towns), the first that did."""
        await self._refresh(found=bool(self._claims.get(insee)))
        serving = self._serving(insee)
        return await self.community(serving[0]) if serving else None

    async def others_serving(self, communes: Iterable[Commune], finess: str) -> dict[str, str]:
        """Of these communes, those another community serves as well: which one comes first."""
        await self._refresh(found=True)
        found = {}
        for commune in communes:
            if others := [other for other in self._serving(commune.insee) if other != finess]:
                found[commune.insee] = others[0]
        return found

    async def commune(self, insee: str) -> Commune | None:
        """A commune some community serves."""
        await self._refresh(found=insee in self._communes)
        return self._communes.get(insee)

    def look_again(self) -> None:
        """Something was agreed here just now: who asks next is told of it."""
        self._read_at = None

    def _serving(self, insee: str) -> list[str]:
        claims = self._claims.get(insee, {})
        return sorted(claims, key=lambda finess: (claims[finess], finess))

    async def _refresh(self, *, found: bool) -> None:
        """What is new of communities, if it is time to look, or somebody is not known."""
        now = monotonic()
        if found and self._read_at is not None and now - self._read_at < self._again:
            return
        self._read_at = now
        head = await self._log.head()
        for recorded in await self._log.of_kind("community", after=self._position):
            self._hear(recorded)
        self._position = max(self._position, head)

    def _hear(self, recorded: Recorded) -> None:
        if recorded.position <= self._position or not isinstance(recorded.event, CommunityEvent):
            return  # somebody else read meanwhile
        finess = streams.identity(recorded.stream)
        before = self._states.get(finess, NotFormed())
        after = communities.evolve(before, recorded.event)
        self._states[finess] = after
        self._position = recorded.position
        if not isinstance(after, Formed):
            return
        served = {commune.insee: commune for commune in after.communes}
        self._communes |= served
        for commune in before.communes if isinstance(before, Formed) else ():
            if commune.insee not in served:
                self._claims[commune.insee].pop(finess, None)
        for insee in served:
            self._claims.setdefault(insee, {}).setdefault(finess, recorded.position)
