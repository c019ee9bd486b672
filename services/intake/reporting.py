"""What communities account for: the rules are the domain's, the texts go to the vault."""

from collections.abc import Iterable
from typing import assert_never

from domain import community as communities
from domain.agenda import day_of
from domain.community import (
    AgreeTargets,
    CommunityCommand,
    Formed,
    ReportFigures,
    StrikeJournal,
    WriteJournal,
)
from domain.decider import Refused
from events import streams
from events.reporting import ReportedFigure, Target
from projections.indicators.definitions import catalogue
from services.intake.about import check_addressed, given
from services.intake.accounts import (
    Account,
    FiguresSheet,
    GivenFigure,
    JournalNote,
    JournalStrike,
    TargetsSheet,
)
from services.intake.arrival import Arrival
from services.log.commands import Answer
from services.log.execute import Decision, Executor
from services.log.vault import JOURNAL, Vault


class UnknownIndicator(Refused):
    """There is no such indicator: see `snp indicators`."""

    code = "unknown_indicator"


class NotReported(Refused):
    """This indicator is computed from events: only those from elsewhere are imported."""

    code = "not_reported"


class MoreThanTheWhole(Refused):
    """A share is no more than the whole: its numerator no more than its denominator."""

    code = "more_than_the_whole"


class OfHowMany(Refused):
    """This indicator is a share: say of how many, as its denominator."""

    code = "of_how_many"


class NothingToAimAt(Refused):
    """A target is a number its indicator can be: of a share 1 at most, of a breakdown none."""

    code = "nothing_to_aim_at"


class ReportingDesk:
    """Targets, figures from elsewhere, and the journal."""

    def __init__(self, executor: Executor, vault: Vault) -> None:
        self._executor = executor
        self._vault = vault

    async def tell(self, came: Arrival, account: Account) -> Answer:
        """What a community accounts for from now on."""
        check_addressed(came, account.finess)
        _check_known(account)
        stream = streams.community(account.finess)

        async def decide(decision: Decision) -> Answer:
            before = await decision.state(communities.decider, stream)
            decision.write(stream, communities.decide(_command(came, account, before), before))
            if isinstance(account, JournalNote):
                decision.sealed = [
                    self._vault.sealer.seal(
                        account.text.encode(),
                        kind=JOURNAL,
                        ref=came.command_id,
                        subject=came.command_id,
                    )
                ]
            return {"id": _id(came, account), "state": _STATES[type(account)]}

        answer = await self._executor.execute(given(came, account.finess), decide)
        if isinstance(account, JournalStrike):
            # After, not with it: interrupted, the same message again destroys it.
            await self._vault.forget(account.entry_id, JOURNAL)
        return answer


_STATES = {
    TargetsSheet: "targets_agreed",
    FiguresSheet: "figures_reported",
    JournalNote: "journal_written",
    JournalStrike: "journal_struck",
}


def _id(came: Arrival, account: Account) -> str:
    match account:
        case JournalNote():
            return str(came.command_id)
        case JournalStrike():
            return str(account.entry_id)
        case TargetsSheet() | FiguresSheet():
            return account.finess
        case _:
            assert_never(account)


def _command(came: Arrival, account: Account, community: communities.Community) -> CommunityCommand:
    finess, at = account.finess, came.at
    match account:
        case TargetsSheet():
            return AgreeTargets(finess, account.year, account.targets, at)
        case FiguresSheet():
            told = tuple(ReportedFigure(**one.model_dump()) for one in account.figures)
            return ReportFigures(finess, told, at)
        case JournalNote():
            zone = community.zone if isinstance(community, Formed) else "UTC"
            day = account.day or day_of(at, zone)
            return WriteJournal(finess, came.command_id, account.topic, day, at)
        case JournalStrike():
            return StrikeJournal(finess, account.entry_id, at)
        case _:
            assert_never(account)


def _check_known(account: Account) -> None:
    """Raises UnknownIndicator, or NotReported."""
    match account:
        case TargetsSheet(targets=targets):
            _known(target.indicator for target in targets)
            for target in targets:
                _check_aim(target)
        case FiguresSheet(figures=figures):
            _known(figure.indicator for figure in figures)
            for figure in figures:
                _check_figure(figure)
        case JournalNote() | JournalStrike():
            pass
        case _:
            assert_never(account)


def _check_aim(target: Target) -> None:
    definition = catalogue()[target.indicator][-1]
    most = 1.0 if definition.unit in {"%", "index"} else 1e12
    said = [one for one in (target.at_least, target.at_most) if one is not None]
    if not definition.may_be_aimed_at or not all(0 <= one <= most for one in said):
        raise NothingToAimAt(target.indicator)


def _check_figure(figure: GivenFigure) -> None:
    definition = catalogue()[figure.indicator][-1]
    if not definition.external:
        raise NotReported(figure.indicator)
    whole = figure.denominator
    if definition.denominator is not None and whole is None:
        raise OfHowMany(figure.indicator)
    if definition.unit == "%" and whole is not None and figure.numerator > whole:
        raise MoreThanTheWhole(figure.indicator, f"{figure.begins}/{figure.ends}")


def _known(codes: Iterable[str]) -> list[str]:
    named = list(codes)
    for code in named:
        if code not in catalogue():
            raise UnknownIndicator(code)
    return named
