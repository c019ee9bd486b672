"""Why a message cannot be accepted: a code for machines, a sentence for people, field by field.

Nothing of what was sent is quoted: it may name a patient, and refusals are logged and stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.decider import Refused


class Rejected(Refused):
    """This message cannot be accepted."""

    code = "rejected"
    problems: Sequence["Problem"] = ()


class TooLarge(Rejected):
    """The message is larger than what is taken in."""

    code = "too_large"


class NotJson(Rejected):
    """The message is not a JSON object."""

    code = "not_json"


class DuplicateField(Rejected):
    """The message says a field twice: nobody can tell which is meant."""

    code = "duplicate_field"


class TooDeep(Rejected):
    """The message is nested deeper than anything meaningful is."""

    code = "too_deep"


class NulCharacter(Rejected):
    """The message contains the character NUL, which is no text."""

    code = "nul_character"


class UnknownType(Rejected):
    """The message is of no type that is taken in here."""

    code = "unknown_type"


class WrongSubject(Rejected):
    """The message is of another type than its subject says."""

    code = "wrong_subject"


class AnotherCommunity(WrongSubject):
    """The message is about another community than its subject names."""


class UnknownCommunity(Rejected):
    """No such community is known here."""

    code = "unknown_community"


class UnknownCommune(Rejected):
    """No community here serves this commune, and the message gives no position."""

    code = "unknown_commune"


class UnknownCase(Rejected):
    """No request was received for this case."""

    code = "unknown_case"


class NoCommunityForCommune(Rejected):
    """No community serves this commune."""

    code = "no_community_for_commune"


class NowhereToRoute(Rejected):
    """The message names neither a community nor a commune."""

    code = "nowhere_to_route"


class TryAgain(Refused):
    """The log cannot be written now: send the same message again, it counts once."""

    code = "log_unavailable"


class Invalid(Rejected):
    """Some fields are missing or wrong."""

    # `code` is that of the first problem, set on the instance.

    def __init__(self, problems: Sequence["Problem"]) -> None:
        super().__init__(", ".join(f"{p.field}: {p.code}" for p in problems))
        self.problems = problems
        self.code = problems[0].code  # type: ignore[misc]  # the one refusal with a code an instance


@dataclass(frozen=True)
class Problem:
    """One field, and what is wrong with it."""

    field: str
    code: str
    message: str

    CODES: ClassVar[dict[str, str]] = {
        "missing": "missing_field",
        "enum": "unknown_code",
        "literal_error": "unknown_code",
        "unknown_code": "unknown_code",
        "malformed": "malformed",
        "string_pattern_mismatch": "malformed",
        "timezone_aware": "date_without_offset",
        "extra_forbidden": "unknown_field",
    }

    @classmethod
    def of(cls, error: ErrorDetails) -> "Problem":
        """A validation error of pydantic, in our words."""
        path = [str(part) for part in error["loc"]]
        kind = error["type"]
        if kind == "extra_forbidden":
            path[-1] = "?"  # a field nobody declared may be called anything
        code = cls.CODES.get(kind, "not_a_date" if "datetime" in kind else "invalid_value")
        message = "there is no such field" if kind == "extra_forbidden" else error["msg"]
        return cls(".".join(path) or "message", code, message)


_PROBLEMS = 100  # an answer of thousands is read by nobody, and larger than NATS carries


def invalid(error: ValidationError) -> Invalid:
    """What pydantic found, as one refusal: the first hundred, a whole form and more."""
    found = error.errors(include_input=False)
    return Invalid([Problem.of(one) for one in found[:_PROBLEMS]])


def refusal(refused: Refused) -> dict[str, Any]:
    """What the sender is told."""
    told: dict[str, Any] = {"code": refused.code, "message": str(refused)}
    if isinstance(refused, Rejected) and refused.problems:
        told["problems"] = [vars(problem) for problem in refused.problems]
    return told
