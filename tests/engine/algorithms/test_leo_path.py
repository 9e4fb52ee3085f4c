"""LEO's way from codes to parameters: what is decoded, its noise, its limits and its rates."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from metagen_gui.engine.adaptation.latent_embedding import CODE
from metagen_gui.engine.algorithms.base import Moment, algorithms
from metagen_gui.engine.algorithms.leo import Leo
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.rates_report import report_rates
from tests.engine.algorithms.test_leo import CASES, build, drawn, randn, real
from tests.engine.toys import Quadratic, positive, task


@pytest.mark.parametrize(
    ("model", "settings", "adapts", "expected"),
    [
        ("vae", {}, "default", {"vae": {"context", "prior"}}),
        ("vae", {}, "context", {"vae": {"context"}}),
        ("gan", {}, "default", {"discriminator": {"context"}, "generator": {"context", "prior"}}),
        ("gan", {}, "context", {"discriminator": {"context"}, "generator": {"context"}}),
        ("gan", {}, "prior", {"discriminator": set(), "generator": {"prior"}}),
        ("curve", {"context_size": 4}, "default", {"curve": {"context"}}),
        ("curve", {"context_size": 0}, "default", {"curve": None}),
        ("gan", {"context_size": 0}, "default", {"discriminator": None, "generator": {"prior"}}),
    ],
)
def test_what_is_decoded_is_a_modulation_where_there_is_one(
    model: str, settings: dict, adapts: str, expected: dict
) -> None:
    algorithm, meta = real((model, settings, {"adapts": adapts}))
    theta = algorithm.initialization(meta)
    batch = randn(3, 2, seed=9)
    noise = algorithm.adaptation_noise(torch.Generator().manual_seed(0), 1, 4, 3)
    path = algorithm.trajectory(meta, batch, {name: value[0].double() for name, value in noise.items()}, 4)
    for player, names in expected.items():
        whole = {name for name, value in theta[player].items() if value.numel()}
        names = whole if names is None else names
        assert set(algorithm.adapted(theta)[player]) == names
        assert {
            name for name, value in theta[player].items() if not torch.equal(value, path[-1][player][name])
        } == names
        assert any(name.startswith("@") for name in meta[player]) == bool(names)
        assert not any(name.startswith("@") for name in theta[player])


def test_what_is_shared_learns_from_the_outer_loss() -> None:
    for case in (CASES[0], CASES[2]):
        algorithm, meta = real(case)
        gradients = algorithm.meta_gradient(meta, *drawn(algorithm), Moment()).gradients
        for player, values in algorithm.initialization(meta).items():
            assert all(gradients[player][name].any() for name, value in values.items() if value.numel())


def test_the_path_goes_from_codes_to_parameters_and_may_end_early_or_late() -> None:
    algorithm, meta = real(CASES[0], adaptation_steps=3, fine_tuning_steps=2)
    assert algorithm.steps == 5
    batch = randn(3, 2, seed=9)
    noise = {name: value[0].double() for name, value in algorithm.adaptation_noise(torch.Generator(), 1, 8, 3).items()}
    long = algorithm.trajectory(meta, batch, noise, 8)
    assert len(long) == 9
    for steps in range(8):
        short = algorithm.trajectory(meta, batch, {name: value[:steps] for name, value in noise.items()}, steps)
        assert len(short) == steps + 1
        for mine, theirs in zip(short, long, strict=False):
            assert all(torch.equal(value, theirs["vae"][name]) for name, value in mine["vae"].items())
    decoder = meta["vae"]["@decoder.weight"][:, : 6 + 4]
    for step, params in enumerate(long):
        change = torch.cat([(params["vae"][name] - meta["vae"][name]).flatten() for name in ("prior", "context")])
        left = change - decoder.T @ torch.linalg.lstsq(decoder.T, change[:, None]).solution[:, 0]
        assert (left.norm() < 1e-10) == (step <= 3), "the code reaches three of ten directions, fine-tuning all"


def test_every_step_has_noise_of_its_own_in_both_phases() -> None:
    algorithm, meta = real(CASES[0], adaptation_steps=3, fine_tuning_steps=2)
    batch, z = randn(3, 2, seed=9), randn(5, 1, 3, 3, seed=10)
    path = algorithm.trajectory(meta, batch, {"z": z}, 5)
    for step in range(5):
        changed = z.clone()
        changed[step] += 1
        other = algorithm.trajectory(meta, batch, {"z": changed}, 5)
        same = [torch.equal(a["vae"]["context"], b["vae"]["context"]) for a, b in zip(path, other, strict=True)]
        assert same == [place <= step for place in range(6)]


def test_inner_gradients_are_limited_in_both_phases() -> None:
    algorithm, meta = build(Quadratic(4), inner_clip=0.01, adaptation_steps=3, fine_tuning_steps=2, inner_lr=0.5)
    with torch.no_grad():
        meta["x"]["@code_rate"].fill_(1)
        meta["x"]["@fine.x"].fill_(0.3)
        meta["x"]["@decoder.weight"][:, :4] = torch.eye(3, 4)
    batch = task(positive(4, 0), 10 * torch.ones(4).double())
    path = algorithm.trajectory(meta, batch, {"none": torch.zeros(5, 1, 1)}, 5)
    lengths = [(b["x"]["x"] - a["x"]["x"]).norm().item() for a, b in pairwise(path)]
    assert lengths == pytest.approx([0.005] * 3 + [0.0015] * 2)


def test_first_order_takes_inner_gradients_for_constants() -> None:
    algorithm, meta = build(Quadratic(3))
    batch = task(positive(3, 0), torch.ones(3).double())
    for first_order in (True, False):
        path = algorithm.trajectory(meta, batch, {"none": torch.zeros(4, 1, 1)}, 4, first_order=first_order)
        (found,) = torch.autograd.grad(path[-1]["x"]["x"].sum(), meta["x"]["x"])
        assert torch.allclose(found, torch.ones(3).double()) == first_order


def test_rates_are_those_of_the_code_and_of_fine_tuning() -> None:
    algorithm = real(CASES[2], inner_lr=2.0, group_rates={"context": 3.0})[0]
    fresh = algorithm.initialize(torch.Generator().manual_seed(0))
    found = algorithm.learned_rates(fresh)
    shapes = {player: {name: tuple(rate.shape) for name, rate in rates.items()} for player, rates in found.items()}
    assert shapes == {
        "discriminator": {CODE: (1, 3), "context": (1, 4)},
        "generator": {CODE: (1, 3), "prior": (1, 2, 3), "context": (1, 4)},
    }
    starts = {player: {name: float(rate.mean()) for name, rate in rates.items()} for player, rates in found.items()}
    assert starts["discriminator"] == pytest.approx({CODE: 2.0, "context": 0.002})
    assert starts["generator"] == pytest.approx({CODE: 2.0, "context": 0.006, "prior": 0.0002})
    report = report_rates(algorithm, fresh, 0)
    assert [(layer.player, layer.name, layer.step) for layer in report.layers][:2] == [
        ("discriminator", CODE, -1),
        ("discriminator", "context", -1),
    ]


@pytest.mark.parametrize("tasks", ["strokes", "sinusoids"])
def test_suggestions_are_those_of_the_reference_whatever_the_tasks(tasks: str) -> None:
    model = "curve" if tasks == "sinusoids" else "vae"
    experiment = Experiment(tasks, model, "leo")
    settings, training = experiment.config("algorithm"), experiment.config("training")
    assert (settings.adaptation_steps, settings.fine_tuning_steps, settings.inner_lr) == (5, 5, 1.0)
    assert (training.outer_value_clip, training.outer_clip) == (0.1, 0.1)
    assert (settings.kl_weight, settings.encoder_weight, settings.l2_weight, settings.orthogonality_weight) == (
        1e-3, 1e-9, 1e-8, 1e-3,
    )  # fmt: skip
    assert algorithms.get("leo") is Leo
