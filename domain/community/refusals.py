"""Why a community may not do what it is asked to."""

from domain.decider import Refused


class CommunityAlreadyFormed(Refused):
    """This community exists already, with another content: it is changed, not formed again."""

    code = "community_already_formed"


class NoCommune(Refused):
    """A community serves at least one commune, and each once."""

    code = "no_commune"


class CommunityNotFormed(Refused):
    """No such community was formed."""

    code = "community_not_formed"


class LadderWithoutEnd(Refused):
    """The last rule of a ladder is for every request: it names no priority, motive or hours."""

    code = "ladder_without_end"


class NoTimeToAsk(Refused):
    """Members who are asked have two minutes at least: give the step as much."""

    code = "no_time_to_ask"


class NoPartnerNamed(Refused):
    """A step towards partners names which: MSP, CDS, SOS, MMG, TLC, SPE, HOP, HAD or EMS."""

    code = "no_partner_named"


class TreatingDoctorFirst(Refused):
    """The treating doctor is asked first, and somebody after them."""

    code = "treating_doctor_first"


class PartnersOfNoStep(Refused):
    """Only a step towards partners names settings and specialties."""

    code = "partners_of_no_step"


class ProtocolTwice(Refused):
    """Each protocol has a code of its own, and ends after it begins."""

    code = "protocol_twice"


class ItsOwnNeighbour(Refused):
    """A community is not a neighbour of itself."""

    code = "its_own_neighbour"


class NoContractYear(Refused):
    """A contract year ends after it begins, and is no longer than eighteen months."""

    code = "no_contract_year"


class ContractYearsOverlap(Refused):
    """Another contract year was agreed for some of these days: give it the same days, or others."""

    code = "contract_years_overlap"


class NotATarget(Refused):
    """A target names an indicator once, and says at least or at most, not both."""

    code = "not_a_target"


class NotAFigure(Refused):
    """A figure names an indicator and days once; its days end after they begin, and have come."""

    code = "not_a_figure"


class NotInTheJournal(Refused):
    """The journal has no such note."""

    code = "not_in_the_journal"


class JournalOfTomorrow(Refused):
    """A note is about a day that has come."""

    code = "journal_of_tomorrow"
