"""The settings of adaptation by gradient steps, which every algorithm has."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from metagen_gui.engine.settings.config import Config, setting

INNER_STEP, SOURCE = "φ_{j+1} = φ_j − α r ∘ ∇ℓ_S(φ_j)", "Finn, Abbeel & Levine 2017, algorithm 1"
"""What the settings of adaptation by gradient steps enter, and its source; r is the rate of a parameter's group."""


class AlgorithmSettings(Config):
    """Settings that every algorithm has."""

    inner_lr: float = setting(
        0.3,
        "Step size of adaptation; each group of parameters multiplies it by a rate of its own.",
        label="Inner learning rate",
        low=0,
        high=100,
        log=True,
        live=True,
        symbol="α",
        formula=INNER_STEP,
        paper=SOURCE,
    )
    adaptation_steps: int = setting(
        3,
        "How many steps the model takes on the support set of a task.",
        unit="steps",
        low=1,
        high=100,
        symbol="k",
        formula=f"{INNER_STEP},   j = 0 … k − 1",
        paper=SOURCE,
    )
    adapts: str = setting(
        "default",
        "Which groups of parameters change during adaptation; the others are shared by all tasks. "
        "A name from the list, or groups joined by +.",
        label="What adapts",
        choices_from="model.adapts",
    )
    group_rates: dict[str, Annotated[float, Field(ge=0, le=1e6)]] = setting(
        {},
        "Inner rate of each group of parameters, as a multiple of the inner learning rate; groups left out keep the "
        "model's own.",
        label="Rates per group",
        choices_from="model.groups",
        live=True,
        expert=True,
        symbol="r",
        formula=INNER_STEP,
    )
    inner_clip: float = setting(
        5.0,
        "Longest gradient of an inner step (its norm over a player's adapted parameters); 0 means no limit.",
        label="Inner gradient limit",
        low=0,
        high=1e6,
        live=True,
        expert=True,
        symbol="m",
        formula="g ← g · min(1, m / ‖g‖),   g = ∇ℓ_S(φ_j)",
    )


class LearnedRateSettings(AlgorithmSettings):
    """Settings of algorithms that differentiate through adaptation, and so can learn its rates."""

    learned_rates: Literal["no", "per_group", "per_layer", "per_entry"] = setting(
        "per_entry",
        "Whether the inner rates are learned with the initialization: per step and group, layer or single number.",
        label="Learned inner rates",
        symbol="s",
        formula="φ_{j+1} = φ_j − α r e^{10 s} ∘ ∇ℓ_S(φ_j),   s learned from 0",
        paper="Li, Zhou, Chen & Li 2017 (per entry); Antoniou, Edwards & Storkey 2019, section 4 (per layer and step)",
    )
