"""given / when / then, for one decider."""

from dataclasses import dataclass
from typing import Any

import pytest

from domain.decider import Decider, Refused


@dataclass(frozen=True)
class Spec:
    decider: Decider[Any, Any, Any]
    history: tuple[Any, ...] = ()
    command: Any = None

    def given(self, *history: Any) -> "Spec":
        return Spec(self.decider, history)

    def when(self, command: Any) -> "Spec":
        return Spec(self.decider, self.history, command)

    def then(self, *events: Any) -> None:
        assert list(events) == self._decided()

    def then_nothing(self) -> None:
        assert self._decided() == []

    def then_refused(self, kind: type[Refused]) -> None:
        with pytest.raises(Refused) as refused:
            self._decided()

        assert kind is type(refused.value)
        assert refused.value.message

    def _decided(self) -> list[Any]:
        return list(self.decider.decide(self.command, self.decider.replay(self.history)))
