"""The indicators as a document: what each one means, for who reads figures and who checks them."""

from collections.abc import Iterator
from itertools import groupby

from projections.indicators.definitions import Definition, catalogue
from projections.indicators.values import theme_name

_SAID = {
    "en": {
        "title": "Indicators",
        "how": "Made by `snp indicators document`: the definitions are data, in"
        " `projections/indicators/data`. Each figure can be traced to its events:"
        " `snp indicators explain NAME`.",
        "code": "Name",
        "formula": "Formula",
        "counted": "Counted",
        "unit": "Unit",
        "readers": "Readers",
        "version": "Version",
        "since": "since",
        "events": "Events",
        "none": "none of ours: `snp import figures`",
        "source": "Source",
    },
    "fr": {
        "title": "Indicateurs",
        "how": "Produit par `snp indicators document --lang fr` : les définitions sont des données,"
        " dans `projections/indicators/data`. Chaque chiffre se remonte jusqu'à ses événements :"
        " `snp indicators explain NOM`.",
        "code": "Nom",
        "formula": "Formule",
        "counted": "Décompte",
        "unit": "Unité",
        "readers": "Lecteurs",
        "version": "Version",
        "since": "depuis le",
        "events": "Événements",
        "none": "aucun des nôtres : `snp import figures`",
        "source": "Source",
    },
}


def as_markdown(language: str) -> str:
    """Every indicator in force, by chapter."""
    said = _SAID[language]
    colon = " :" if language == "fr" else ":"
    lines = [f"# {said['title']}", "", said["how"]]
    newest = [versions[-1] for versions in catalogue().values()]
    for theme, chapter in groupby(newest, key=lambda one: one.theme):
        lines += ["", f"## {theme_name(theme, language)}"]
        for definition in chapter:
            lines += ["", f"### {definition.name.of(language)}", ""]
            lines += [f"- {name}{colon} {text}" for name, text in _facts(definition, language)]
    return "\n".join(lines) + "\n"


def _facts(definition: Definition, language: str) -> Iterator[tuple[str, str]]:
    said = _SAID[language]
    over = f" / {definition.denominator.of(language)}" if definition.denominator else ""
    yield said["code"], f"`{definition.code}`"
    yield said["formula"], definition.formula.of(language)
    yield said["counted"], f"{definition.numerator.of(language)}{over}"
    yield said["unit"], definition.unit
    yield said["readers"], ", ".join(definition.readers)
    yield said["version"], f"{definition.version}, {said['since']} {definition.valid_from}"
    yield said["events"], ", ".join(f"`{e}`" for e in definition.events) or said["none"]
    yield said["source"], definition.basis
