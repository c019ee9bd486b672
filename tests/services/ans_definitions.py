"""The ANS definitions, as a validator reads them."""

from functools import cache
from pathlib import Path

import pytest
from pyrofile_validator import Validator
from pyrofile_validator.config import ValidatorConfig

SAS = Path(__file__).parents[3] / "shared" / "conformance" / "sas"
VERSIONS = ("1.1.0", "1.2.0")
needs_definitions = pytest.mark.skipif(not SAS.is_dir(), reason=f"no definitions in {SAS.name}")

# It cannot evaluate ref-1, nor tell entries of a Bundle by their profile: the guide's own example
# of communities fails by that. Which entries there are is asserted in the tests.
_ITS_OWN_LIMITS = ("bundle.searchset.type", "ref-1", "slice.cardinality.min")


@cache
def _validator(version):
    return Validator(
        ValidatorConfig.load_dict(
            {
                "localPackagePaths": [str(SAS / version / "definitions")],
                "allowUnknownExtensions": True,
            }
        )
    )


def errors_in(resource, version):
    """What that version of the IG has against it."""
    report = _validator(version).validate_resource(_with_pinned_first(resource, version))
    return [
        f"{one.path}: {one.code} {one.message}"
        for one in report.issues
        if one.severity.value == "error" and not one.code.endswith(_ITS_OWN_LIMITS)
    ]


def _with_pinned_first(resource, version):
    """A pattern holds whatever the order of codings (FHIR R4, pattern[x]); it compares by place."""
    if resource.get("resourceType") == "Bundle" and "entry" in resource:
        entries = [
            one | {"resource": _with_pinned_first(one["resource"], version)}
            for one in resource["entry"]
        ]
        return resource | {"entry": entries}
    if resource.get("resourceType") != "Organization" or version == "1.1.0":
        return resource
    (identifier,) = resource["identifier"]
    coding = list(reversed(identifier["type"]["coding"]))
    return resource | {"identifier": [identifier | {"type": {"coding": coding}}]}
