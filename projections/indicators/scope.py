"""Whose figures: one community's, a département's, or everybody's."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Select, Table, Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from projections.indicators.tables import communities, places


@dataclass(frozen=True)
class Scope:
    """Neither community nor département: all there are."""

    community: str | None = None
    departement: str | None = None

    def of(self, table: Table) -> ColumnElement[bool]:
        """The facts in it. A slot open to several communities is in each of theirs, once."""
        if table is places:
            return self._shared(table.c.communities)
        return self.named(table.c.community)

    def named(self, finess: Column[str]) -> ColumnElement[bool]:
        """That this community is in it."""
        if self.community:
            return finess == self.community
        if self.departement:
            return finess.in_(self._of_departement())
        return literal(True)  # noqa: FBT003 a condition that always holds

    def _shared(self, finess: Column[Sequence[str]]) -> ColumnElement[bool]:
        if self.community:
            shared: ColumnElement[bool] = finess.contains(literal([self.community], ARRAY(Text)))
            return shared
        if self.departement:
            of_departement: ColumnElement[bool] = finess.overlap(
                func.array(self._of_departement().scalar_subquery())
            )
            return of_departement
        return literal(True)  # noqa: FBT003 as above

    def _of_departement(self) -> Select[tuple[str]]:
        return select(communities.c.finess).where(communities.c.departement == self.departement)
