"""What every model promises, whatever it is: groups that cover its parameters, no state, samples in range."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from metagen_gui.engine.data.spec import DataSpec, ImageSpec, PointSpec
from metagen_gui.engine.models.base import GenerativeModel, adapted_groups, models
from metagen_gui.engine.settings.config import Config

SPECS = [PointSpec(), ImageSpec((1, 16, 16)), ImageSpec((3, 16, 16))]
SMALL = {"width": 6, "latent_size": 3, "context_size": 4, "channels": 4}
CASES = [
    pytest.param(name, spec, network, id=f"{name}-{spec.kind}{spec.shape[0]}-{network}")
    for name in models.names()
    for spec in SPECS
    for network in ("mlp", "conv")
    if name != "curve" or (spec.kind == "points" and network == "mlp")
]


def build(name: str, spec: DataSpec, **settings: object) -> GenerativeModel:
    plugin = models.get(name)
    config: type[Config] = plugin.Settings
    chosen = {key: value for key, value in {**SMALL, **settings}.items() if key in config.model_fields}
    return plugin(config(**chosen), spec)


@pytest.mark.parametrize(("name", "spec", "network"), CASES)
def test_every_parameter_belongs_to_a_group_and_every_group_has_some(name: str, spec: DataSpec, network: str) -> None:
    model = build(name, spec, network=network)
    params = model.initialize(torch.Generator().manual_seed(0))
    assert tuple(params) == model.players
    found = {model.group_of(player, key) for player, values in params.items() for key in values}
    assert found == set(model.groups) == set(model.group_rates)
    for adapts, groups in model.adapts.items():
        assert adapted_groups(type(model), adapts) == groups and set(groups) <= set(model.groups)


@pytest.mark.parametrize(("name", "spec", "network"), CASES)
def test_what_a_file_claims_to_hold_can_be_found_out_without_memory_for_it(
    name: str, spec: DataSpec, network: str
) -> None:
    with torch.device("meta"):
        params = build(name, spec, network=network).initialize(torch.Generator("cpu"))
    assert all(value.is_meta for values in params.values() for value in values.values())


@pytest.mark.parametrize(("name", "spec", "network"), CASES)
def test_a_model_keeps_no_statistics_that_could_leak_from_task_to_task(name: str, spec: DataSpec, network: str) -> None:
    model = build(name, spec, network=network)
    networks = [part for part in vars(model).values() if isinstance(part, nn.Module)]
    assert [buffer for network in networks for buffer in network.buffers()] == []
    # the parameters handed around are all there are: a network's own values are never read
    params = model.initialize(torch.Generator().manual_seed(0))
    batch, generator = torch.rand(5, *spec.shape), torch.Generator().manual_seed(1)
    noise, latents = model.noise(generator, (), 5), model.latents(generator, 4)
    before = [model.loss(player, params, batch, noise) for player in model.players]
    samples = model.generate(params, latents)
    with torch.no_grad():
        for network in networks:
            for value in network.parameters():
                value.fill_(torch.nan)
    assert [float(model.loss(player, params, batch, noise)) for player in model.players] == [float(x) for x in before]
    assert torch.equal(model.generate(params, latents), samples)


@pytest.mark.parametrize(("name", "spec", "network"), CASES)
def test_losses_are_scalars_averaged_over_examples_and_samples_have_the_datas_shape(
    name: str, spec: DataSpec, network: str
) -> None:
    model = build(name, spec, network=network)
    params = model.initialize(torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    batch, noise = torch.rand(4, *spec.shape), model.noise(generator, (3, 2), 4)
    assert all(value.shape[:3] == (3, 2, 4) for value in noise.values())
    once = {key: value[0, 0] for key, value in noise.items()}
    twice = {key: torch.cat([value, value]) for key, value in once.items()}
    for player in model.players:
        loss = model.loss(player, params, batch, once)
        assert loss.shape == () and loss.isfinite()
        torch.testing.assert_close(model.loss(player, params, torch.cat([batch, batch]), twice), loss)
    samples = model.generate(params, model.latents(generator, 7))
    assert samples.shape == (7, *spec.shape)
    if spec.kind == "images":
        assert samples.min() >= 0 and samples.max() <= 1
    details = model.details(params, batch, once)
    assert tuple(details) == model.detail_names and all(value.shape == () for value in details.values())
    if spec.kind == "points":
        field = model.field(params, torch.rand(9, 2))
        assert field is None or field.shape == (9,)
