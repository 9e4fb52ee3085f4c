"""The curve: its network by hand, its initial weights, and that it is a function of x alone."""

from __future__ import annotations

import math

import pytest
import torch

from metagen_gui.engine.data.spec import ImageSpec, PointSpec
from metagen_gui.engine.models.curve import REACH, SMALL, Curve, CurveSettings
from metagen_gui.engine.settings.bad_input import BadInput

POINTS = PointSpec()


def build(**settings: object) -> tuple[Curve, dict[str, torch.Tensor]]:
    model = Curve(CurveSettings(**settings), POINTS)
    return model, model.initialize(torch.Generator().manual_seed(0))["curve"]


def test_the_default_is_the_papers_network() -> None:
    _, params = build()
    shapes = {name: tuple(value.shape) for name, value in params.items()}
    assert shapes == {
        "body.0.weight": (40, 1), "body.0.bias": (40,), "body.1.weight": (40, 40), "body.1.bias": (40,),
        "head.weight": (1, 40), "head.bias": (1,),
    }  # fmt: skip
    assert sum(value.numel() for value in params.values()) == 1761
    for name, value in params.items():
        if name.endswith("bias"):
            assert not value.any()
        else:
            assert value.abs().max() <= 2 * SMALL and value.abs().max() > 0.5 * SMALL
    spread = float(params["body.1.weight"].std())
    assert spread == pytest.approx(0.88 * SMALL, rel=0.1), "a normal law cut off at two deviations"


def test_weights_by_inputs_are_uniform_within_the_root() -> None:
    _, params = build(initial_weights="by_inputs", width=64, activation="tanh")
    for name, inputs in (("body.0", 1), ("body.1", 64), ("head", 64)):
        for kind in ("weight", "bias"):
            assert params[f"{name}.{kind}"].abs().max() <= 1 / math.sqrt(inputs)
    assert params["body.1.weight"].std() == pytest.approx(1 / math.sqrt(3 * 64), rel=0.05)


@pytest.mark.parametrize(("activation", "act"), [("relu", torch.relu), ("tanh", torch.tanh)])
def test_the_loss_is_the_mean_squared_error_of_y(activation: str, act) -> None:
    model, params = build(activation=activation, width=3, context_size=2, initial_weights="by_inputs")
    params["context"] = torch.tensor([0.5, -1.0])
    batch = torch.tensor([[0.3, 1.0], [-2.0, 0.5]])
    hidden = batch[:, :1]
    for place in range(2):
        w, b, u = (params[f"{n}"] for n in (f"body.{place}.weight", f"body.{place}.bias", f"steer.{place}.weight"))
        hidden = act(hidden @ w.T + b + u @ params["context"])
    y = hidden @ params["head.weight"].T + params["head.bias"]
    expected = ((y[:, 0] - batch[:, 1]) ** 2).mean()
    assert model.loss("curve", {"curve": params}, batch, {}) == pytest.approx(float(expected), rel=1e-6)
    assert torch.allclose(model.curve({"curve": params}, batch[:, 0]), y[:, 0])


def test_samples_lie_on_the_curve_within_the_reach() -> None:
    model, params = build(initial_weights="by_inputs")
    points = model.generate({"curve": params}, model.latents(torch.Generator().manual_seed(1), 200))
    assert points.shape == (200, 2) and points[:, 0].abs().max() <= REACH and points[:, 0].std() > 2
    assert torch.allclose(points[:, 1], model.curve({"curve": params}, points[:, 0]))


def test_images_are_refused() -> None:
    with pytest.raises(
        BadInput, match=r"^model.name: curve draws y over x, so its tasks hold points; these hold images$"
    ):
        Curve(CurveSettings(), ImageSpec((1, 28, 28)))
