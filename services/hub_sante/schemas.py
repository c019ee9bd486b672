"""The JSON schemas the Hub publishes, asked whether a message is one it would let pass.

They belong to a version of the Hub's messages, as its virtual host does, and are the operator's to
fetch (ansforge/SAMU-Hub-Modeles): `SNP_HUB_SCHEMAS` says where they are.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from jsonschema_rs import Draft7Validator, RegexOptions, ValidationError

from services.intake.rejections import Invalid, Problem, Rejected

_ENVELOPE = "EDXL-DE-envelope-only"
_HEADER = "RC-DE"
_SUFFIX = ".schema.json"
_MOST = 20  # problems told
_FILES = {
    "createCaseHealth": "RS-EDA",
    "createCaseHealthUpdate": "RS-EDA-MAJ",
    "resourcesRequest": "RS-DR",
    "resourcesResponse": "RS-RR",
    "appointment": "RS-SAS-RDV",
    "reference": "RC-REF",
    "error": "RS-ERROR",
    "resourcesInfo": "RS-RI",
    "resourcesStatus": "RS-SR",
    "resourcesEngagement": "RS-ER",
    "documentLink": "RS-URL",
    "interventionReport": "RS-BPV",
    "rpis": "RS-RPIS",
    "createCase": "RC-EDA",
    "emsi": "EMSI",
    "technical": "TECHNICAL",
    "technicalNoreq": "TECHNICAL_NOREQ",
}
"""Root of a message → the file of its schema (INTEROP, 4.3)."""
HEADER_FIELDS = frozenset({"messageId", "sender", "sentAt", "kind", "status", "recipient"})
_WITHOUT_HEADER = frozenset({"error"})  # errors of the Hub itself have none (INTEROP, 4.1)


class NoSchema(Rejected):
    """No schema of the Hub is for this kind of message."""

    code = "schema_not_found"


class OneMessage(Rejected):
    """An envelope carries one message, of one kind."""

    code = "several_messages"


class SchemasMissing(Exception):
    """SNP_HUB_SCHEMAS is no folder with the Hub's JSON schemas: EDXL-DE, RC-DE and the others."""


class Schemas:
    """A folder of them, read once. Raises SchemasMissing.

    Patterns are matched in linear time: some of the published ones never end otherwise.
    """

    def __init__(self, folder: Path) -> None:
        found = {
            path.name.removesuffix(_SUFFIX): orjson.loads(path.read_bytes())
            for path in sorted(folder.glob(f"*{_SUFFIX}"))
        }
        if not found.keys() >= {_ENVELOPE, _HEADER}:
            raise SchemasMissing(folder)
        self._validators = {
            name: Draft7Validator(found[name], pattern_options=RegexOptions())
            for name in {_ENVELOPE, _HEADER, *_FILES.values()} & found.keys()
        }

    def check(self, document: Mapping[str, Any]) -> None:
        """An envelope and what is in it. Raises Invalid that says all, NoSchema, OneMessage."""
        problems = self._problems(_ENVELOPE, document, "")
        if problems:
            raise Invalid(problems)
        if len(document["content"]) != 1:
            raise OneMessage
        message = document["content"][0]["jsonContent"]["embeddedJsonContent"].get("message")
        if not isinstance(message, dict):
            raise Invalid([Problem("message", "missing_field", "there is no message")])
        roots = [key for key in message if key not in HEADER_FIELDS]
        if len(roots) > 1:
            raise OneMessage
        if not roots:
            raise Invalid([Problem("message", "missing_field", "no kind of message is in it")])
        (root,) = roots
        if root not in _WITHOUT_HEADER or message.keys() & HEADER_FIELDS:
            header = {key: message[key] for key in message if key in HEADER_FIELDS}
            problems = self._problems(_HEADER, header, "message")
        problems += self.problems_of(root, message[root])
        if problems:
            raise Invalid(problems[:_MOST])

    def problems_of(self, root: str, body: Any) -> list[Problem]:
        """What is wrong with a message of that kind. Raises NoSchema."""
        file = _FILES.get(root)
        if file not in self._validators:
            raise NoSchema
        return self._problems(file, body, root)

    def _problems(self, file: str, body: Any, where: str) -> list[Problem]:
        found = self._validators[file].iter_errors(body)
        return [_problem(one, where) for _, one in zip(range(_MOST), found, strict=False)]


def _problem(error: ValidationError, where: str) -> Problem:
    """Its place and what rule it breaks; never what was sent, which may name a patient."""
    rule = error.kind.name
    path = ".".join(str(one) for one in [where, *error.instance_path] if one != "")
    match rule:
        case "required":
            missing = getattr(error.kind, "property", "a field")
            return Problem(path, "missing_field", f"{missing} is required")
        case "additionalProperties":
            return Problem(f"{path}.?", "unknown_field", "there is no such field")
        case "enum":
            return Problem(path, "unknown_code", "is none of the codes")
        case "pattern":
            return Problem(path, "malformed", "is not of the form it must have")
        case _:
            return Problem(path, "invalid_value", f"breaks {rule}")
