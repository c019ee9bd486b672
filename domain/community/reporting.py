"""What a community accounts for: targets, figures from elsewhere, the notes of its journal."""

from datetime import timedelta

from domain.agenda import day_of
from domain.community.commands import AgreeTargets, ReportFigures, StrikeJournal, WriteJournal
from domain.community.refusals import (
    ContractYearsOverlap,
    JournalOfTomorrow,
    NoContractYear,
    NotAFigure,
    NotATarget,
    NotInTheJournal,
)
from domain.community.states import Community, FigureOf, formed_of
from events.community import CommunityEvent
from events.reporting import (
    CommunityFiguresReported,
    CommunityJournalStruck,
    CommunityJournalWritten,
    CommunityTargetsAgreed,
    ContractYear,
    ReportedFigure,
    Target,
)

LONGEST_YEAR = timedelta(days=549)  # the first one of a contract may be longer than a year


def agree_targets(command: AgreeTargets, community: Community) -> list[CommunityEvent]:
    formed = formed_of(command.finess, community)
    year = command.year
    if not year.begins < year.ends <= year.begins + LONGEST_YEAR:
        raise NoContractYear(command.finess)
    if any(_overlap(year, other) for other in formed.targets if other != year):
        raise ContractYearsOverlap(command.finess)
    named = {target.indicator for target in command.targets}
    if len(named) < len(command.targets) or not all(map(_says_one_thing, command.targets)):
        raise NotATarget(command.finess)
    if formed.targets.get(year) == command.targets:
        return []
    return [
        CommunityTargetsAgreed(
            finess=command.finess, year=year, targets=command.targets, agreed_at=command.at
        )
    ]


def _overlap(one: ContractYear, other: ContractYear) -> bool:
    return one.begins <= other.ends and other.begins <= one.ends


def _says_one_thing(target: Target) -> bool:
    return (target.at_least is None) is not (target.at_most is None)


def report_figures(command: ReportFigures, community: Community) -> list[CommunityEvent]:
    formed = formed_of(command.finess, community)
    today = day_of(command.at, formed.zone)
    named = set[FigureOf]()
    for one in command.figures:
        if figure_of(one) in named or not one.begins <= one.ends <= today:
            raise NotAFigure(one.indicator, f"{one.begins}/{one.ends}")
        named.add(figure_of(one))
    if not named:
        raise NotAFigure(command.finess)
    news = tuple(one for one in command.figures if formed.reported.get(figure_of(one)) != one)
    if not news:
        return []
    return [CommunityFiguresReported(finess=command.finess, figures=news, reported_at=command.at)]


def figure_of(figure: ReportedFigure) -> FigureOf:
    """What it replaces, and is replaced by."""
    return figure.indicator, figure.begins, figure.ends


def write_journal(command: WriteJournal, community: Community) -> list[CommunityEvent]:
    formed = formed_of(command.finess, community)
    if command.entry_id in formed.journal:
        return []
    if command.day > day_of(command.at, formed.zone):
        raise JournalOfTomorrow(command.finess)
    return [
        CommunityJournalWritten(
            finess=command.finess,
            entry_id=command.entry_id,
            topic=command.topic,
            day=command.day,
            written_at=command.at,
        )
    ]


def strike_journal(command: StrikeJournal, community: Community) -> list[CommunityEvent]:
    stands = formed_of(command.finess, community).journal.get(command.entry_id)
    if stands is None:
        raise NotInTheJournal(command.entry_id)
    if not stands:
        return []
    return [
        CommunityJournalStruck(
            finess=command.finess, entry_id=command.entry_id, struck_at=command.at
        )
    ]
