"""Why the patient calls: the national list of presenting reasons (`motif de recours`).

Source: Hub Santé nomenclature `motif`, version 26.07.29 (Agence du numérique en santé).
"""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

NOT_GIVEN = "M07.00"
"""The national default."""

MOTIVES = {
    "M01.00": "Détresse vitale",
    "M01.01": "Suspicion d'arrêt cardiaque, mort subite",
    "M01.02": "Altération de la conscience",
    "M01.03": "Détresse respiratoire",
    "M02.00": "Blessure",
    "M02.01": "Saignements",
    "M02.02": "Hémorragie sévère liée à un traumatisme",
    "M02.03": "Hypothermie, gelure, coup de chaleur, insolation",
    "M02.04": "Brûlure grave",
    "M02.05": "Brûlure sans critère de gravité",
    "M02.06": "Traumatisme bénin, petite plaie, lésion bénigne",
    "M02.07": "Traumatisme sérieux, plaie intermédiaire",
    "M02.08": "Traumatisme grave, plaie délabrante",
    "M02.09": "Section complète de membre, de doigts",
    "M02.10": "Ecrasement de membre ou du tronc",
    "M03.00": "Problème médical",
    "M03.01": "Accouchement imminent ou en cours",
    "M03.02": "Autre problème obstétrique non hémorragique",
    "M03.03": "Saignements gynécologiques",
    "M03.04": "Saignements obstétricaux",
    "M03.05": "Problème gynécologique et uro-génital",
    "M03.06": "Douleur thoracique",
    "M03.07": "Problème neurologique hors AVC, épilepsie",
    "M03.08": "Signes d'AVC",
    "M03.09": "Malaise sans perte de connaissance initiale",
    "M03.10": "Malaise avec perte de connaissance initiale",
    "M03.11": "Céphalée, migraines",
    "M03.12": "Gêne respiratoire",
    "M03.13": "Autre problème cardio-vasculaire",
    "M03.14": "Fièvre, problème infectieux",
    "M03.15": "Problème allergique",
    "M03.16": "Problème psychiatrique",
    "M03.17": "Agitation, anxiété, spasmophilie",
    "M03.18": "Saignements",
    "M03.19": "Hémorragie sévère",
    "M03.20": "Douleur abdominale isolée",
    "M03.21": "Trouble digestif",
    "M03.22": "Autre douleur",
    "M04.00": "Intoxications",
    "M04.01": "Intoxication volontaire et sevrage",
    "M04.02": "Intoxication involontaire ou accidentelle à des produits toxiques",
    "M04.03": "Ébriété, ivresse",
    "M04.04": "Intoxication éthylique aiguë",
    "M05.00": "Problème ou détresse sociale",
    "M05.01": "Problème social ou sanitaire",
    "M05.02": "Altération de l'état général - misère physiologique et incurie",
    "M06.00": "Autre type de demande",
    "M06.01": "Décès certain, demande de certificat de décès",
    "M06.02": "Demande de conseil médical, certificats - ordonnance",
    "M06.03": "Personne restant à terre suite à une chute",
    "M06.04": "Autres motifs ou pas de motif identifié",
    "M07.00": "Non renseigné",
}
"""Code → French label, as a regulator reads it."""


def known(code: str) -> str:
    """The same code. The list may be refined by a third pair of digits: `M03.14.01` is an `M03.14`.

    Raises a validation error `unknown_code` for a reason the national list does not have.
    """
    if code[:6] not in MOTIVES:
        kind = "unknown_code"
        raise PydanticCustomError(kind, "{code} is no national reason", {"code": code})
    return code


MotivePrefix = Annotated[str, StringConstraints(pattern=r"^M\d{2}(\.\d{2}){0,2}$")]
"""A reason for calling, or a chapter of them: `M03.14`, `M03`."""

Motive = Annotated[
    str,
    StringConstraints(pattern=r"^M\d{2}\.\d{2}(\.\d{2})?$"),
    AfterValidator(known),
]
