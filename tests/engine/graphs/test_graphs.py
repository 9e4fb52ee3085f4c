"""Graphs give what the desktop gives, for any length; what cannot be one graph is refused in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.graphs import joining
from metagen_gui.engine.graphs.adaptation import adaptation_file
from metagen_gui.engine.graphs.files import cases, file_of, run_cases
from metagen_gui.engine.graphs.functions import adaptation_noise, examples_for, latents_for
from metagen_gui.engine.graphs.graph import NotOneGraph
from metagen_gui.engine.graphs.joining import Function
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.loaded_model import LoadedModel
from tests.engine.cells import EVERY, PAIRS, home

Compute = Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]


def fresh(experiment: Experiment) -> LoadedModel:
    """Return a model that has learned nothing yet."""
    spec = experiment.task_family().spec
    algorithm = experiment.build_algorithm(experiment.plugin("model")(experiment.config("model"), spec))
    return LoadedModel(experiment, spec, "initialization", algorithm, algorithm.initialize(torch.Generator()))


@pytest.mark.parametrize(("algorithm", "model"), PAIRS if EVERY else [("maml", "vae"), ("leo", "curve")])
def test_adaptation_in_a_file_is_that_of_the_desktop(
    tiny: Callable[..., Experiment], algorithm: str, model: str
) -> None:
    learned = fresh(tiny(home(model), model, algorithm))
    made = adaptation_file(learned, 2)
    assert made.examples is None, made.notes
    session = onnxruntime.InferenceSession(made.data)
    for examples, count in ((1, 3), (10, 16)):
        support, noise = examples_for(learned, examples), adaptation_noise(learned, 2, examples)
        given = {"support": support, "latents": latents_for(learned, count), **noise}
        names = {each.name for each in session.get_inputs()}
        (samples,) = session.run(None, {name: value.numpy() for name, value in given.items() if name in names})
        adapted = learned.adapt(support, 2).sample(count).numpy()
        np.testing.assert_allclose(samples[-1], adapted, rtol=1e-4, atol=1e-4)
        assert len(samples) == 3 and np.abs(samples[-1] - samples[0]).max() > 1e-6, "it has adapted"


def function(compute: Callable[[Tensor], Tensor]) -> Function:
    """Return a function of numbers `(n, 3)` for any n."""
    return Function(
        lambda given: {"out": compute(given["x"])}, lambda lengths: {"x": torch.rand(lengths["n"], 3) + 0.5}, ("n",)
    )


OF_ANY_LENGTH: dict[str, Callable[[Tensor], Tensor]] = {
    "a mean": lambda x: x.mean(0),
    "pairs": lambda x: (x[:, None] - x[None]).square().flatten(0, 1),
    "over pairs": lambda x: (x @ x.T).sum() / (x.shape[0] * (x.shape[0] - 1)),
    "all but itself": lambda x: (x @ x.T).masked_fill(torch.eye(x.shape[0], dtype=torch.bool), 0),
    "a table per length": lambda x: x + torch.arange(3.0).repeat(x.shape[0], 1),
    "halves": lambda x: torch.cat([x, 2 * x]).chunk(2)[1],
    "a gradient": torch.func.grad(lambda x: torch.nn.functional.softplus(x).mean()),
    "gradients of the last": torch.func.grad(lambda x: x[-1].square().sum() + x[:, -1].exp().sum()),
    "gradients counted from the end": torch.func.grad(lambda x: x[-1:].exp().sum() + x[:, -2:-1].exp().sum()),
    "a variance": lambda x: x.var(0),
    "the last": lambda x: x[-1] * x.shape[0],
    "the best": lambda x: x.sum(1).argmin().reshape(1),
}


@pytest.mark.parametrize("what", OF_ANY_LENGTH)
def test_lengths_stay_free(what: str) -> None:
    made = function(OF_ANY_LENGTH[what])
    given, expected = cases(made, "f", [{"n": 2}, {"n": 7}, {"n": 40}])
    found = run_cases(file_of(made, "f", {}), "f", given)
    assert found.keys() == expected.keys() and len(found) == 3
    for name, value in expected.items():
        assert found[name].shape == value.shape
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("compute", "says"),
    [
        (lambda x: sum(x[i] * i for i in range(x.shape[0])), "operations, by the length"),
        (lambda x: x * (3.0 if x.shape[0] % 3 else 2.0), "for n of 11, 17, 22, 27"),
        (lambda x: torch.fft.rfft(x).abs(), "ONNX is not told what aten._fft_r2c.default is"),
    ],
)
def test_what_is_no_graph_is_refused_in_words(compute: Callable[[Tensor], Tensor], says: str) -> None:
    with pytest.raises(NotOneGraph) as refused:
        file_of(function(compute), "f", {})
    assert says in str(refused.value)


def test_a_number_of_examples_that_decides_is_that_of_training(
    tiny: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin may count on its fingers; the file then says for how many examples it is."""
    learned = fresh(tiny())
    plugin = type(learned.algorithm.model)
    own = plugin.loss

    def loss(self: object, player: str, params: object, batch: Tensor, *more: object) -> Tensor:
        return own(self, player, params, batch, *more) * (2.0 if len(batch) % 3 else 1.0)  # type: ignore[arg-type]

    monkeypatch.setattr(plugin, "loss", loss)
    made = adaptation_file(learned, 1)
    assert made.examples == 3 and "; 3 examples and no other number" in made.notes[0]
    assert [length.dim_value for length in input_of(made.data, "support").type.tensor_type.shape.dim] == [3, 2]
    with pytest.raises(BadInput, match="100000 adaptation steps are not possible"):
        adaptation_file(learned, 100_000)


def test_what_has_too_many_operations_is_refused_in_a_line(
    tiny: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "LONGEST", 100)
    with pytest.raises(BadInput, match=r"is no graph: it has more than 100 operations$"):
        adaptation_file(fresh(tiny()), 2)


def input_of(data: bytes, name: str) -> onnx.ValueInfoProto:
    return next(each for each in onnx.load_from_string(data).graph.input if each.name == name)
