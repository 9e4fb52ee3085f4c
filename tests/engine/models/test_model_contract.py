"""What every model promises, as `metagen_gui.testing` says it, for all kinds of data and networks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from metagen_gui.engine.data.spec import DataSpec, ImageSpec, PointSpec
from metagen_gui.engine.models.base import GenerativeModel, models
from metagen_gui.engine.settings.config import Config
from metagen_gui.testing import MODEL_CHECKS
from metagen_gui.testing.models import adaptation_can_be_differentiated
from tests.engine.cells import EVERY

SPECS = [PointSpec(), ImageSpec((1, 16, 16)), ImageSpec((3, 16, 16))]
SMALL = {"width": 6, "latent_size": 3, "context_size": 4, "channels": 4, "layers": 2, "looks": 1, "units": 3}
SMALL |= {"judge_channels": 2, "bank": 3, "code_size": 4}
CASES = [
    pytest.param(name, spec, network, id=f"{name}-{spec.kind}{spec.shape[0]}-{network}")
    for name in models.names()
    for spec in SPECS
    for network in ("mlp", "conv")
    if not models.get(name).objection_to(spec)
    and (network == "mlp" or (spec.has_pixels and "network" in models.get(name).Settings.model_fields))
]
KEPT = [
    pytest.param(*case.values, check, id=f"{case.id}-{check.__name__}")
    for case in CASES
    for check in MODEL_CHECKS
    # which takes long, and does not depend on how many channels there are
    if EVERY or check is not adaptation_can_be_differentiated or case.values[1].shape[0] < 3
]

LOCAL = [
    pytest.param(ImageSpec(shape), settings, id=f"images{shape[0]}-{'-'.join(settings.values())}")
    for shape, settings in (
        ((1, 8, 8), {"network": "mlp", "adapts_by": "independent"}),
        ((3, 8, 8), {"network": "conv", "adapts_by": "both"}),
        ((1, 5, 7), {"network": "mlp", "adapts_by": "local"}),
    )
]
"""Data and settings of a VAE of local pixels."""


def build(name: str, spec: DataSpec, **settings: object) -> GenerativeModel:
    plugin = models.get(name)
    config: type[Config] = plugin.Settings
    chosen = {key: value for key, value in {**SMALL, **settings}.items() if key in config.model_fields}
    return plugin(config(**chosen), spec)


@pytest.mark.parametrize(("name", "spec", "network", "check"), KEPT)
def test_it_is_kept(name: str, spec: DataSpec, network: str, check: Callable[[GenerativeModel], None]) -> None:
    check(build(name, spec, network=network))


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(("spec", "settings"), LOCAL)
def test_it_is_kept_by_local_pixels(
    spec: DataSpec, settings: dict[str, str], check: Callable[[GenerativeModel], None]
) -> None:
    check(build("vae", spec, likelihood="local", local_width=3, **settings))


@pytest.mark.parametrize("name", models.names())
def test_by_default_samples_are_made_with_what_has_adapted(name: str) -> None:
    model = build(name, next(spec for spec in SPECS if not models.get(name).objection_to(spec)))
    adapted, start = (model.initialize(torch.Generator().manual_seed(seed)) for seed in (1, 2))
    assert model.for_sampling(adapted, start) is adapted
