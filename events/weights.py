"""What a community weighs beside waiting and travel when it chooses a place."""

from typing import Annotated

from pydantic import Field

from events.base import Frozen

Weight = Annotated[float, Field(ge=0, le=8, allow_inf_nan=False)]
"""In the unit of the loss of a day: 1 is the whole delay of one patient, 8 an urgent one unseen."""


class Weights(Frozen):
    """Nothing, unless the community agreed otherwise."""

    continuity: Weight = 0.0  # another doctor than the patient's own
    fairness: Weight = 0.0  # a practitioner all of whose places of the week are taken
    scarcity: Weight = 0.0  # a place for home visits or another skill, for who can do without
    fragility: Weight = 0.0  # 25 km for a patient of 75 years or more, on top of what all pay
    tours: Weight = 0.0  # 25 km to a home visit, from the practice or the nearest other visit


USUAL_WEIGHTS = Weights()
