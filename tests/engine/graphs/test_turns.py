"""What is done turn by turn is one `Loop`, which gives what the turns give; turns that differ in kind are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor

from metagen_gui.engine.beneath_autograd.turns import in_turn
from metagen_gui.engine.data.spec import ImageSpec
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.graphs.files import cases, file_of, run_cases
from metagen_gui.engine.graphs.functions import SAMPLES, adaptation, sampler
from metagen_gui.engine.graphs.graph import NotOneGraph
from metagen_gui.engine.graphs.joining import Function
from metagen_gui.engine.trained.loaded_model import LoadedModel

WEIGHT = torch.linspace(-1, 1, 9).view(3, 3)
TURNS = 12


def running(x: Tensor) -> Tensor:
    """Each turn takes a number of its own, what the last one came to, and what the one three before did."""
    blank, found = torch.zeros_like(x @ WEIGHT), dict[int, Tensor]()
    for turn in in_turn(range(TURNS)):
        table = WEIGHT.tril().exp()  # the same in every turn
        before, long_ago = (found.get(turn - back, blank) for back in (1, 3))
        found[turn] = torch.tanh((x[:, turn % 3, None] + before) @ table - 0.5 * long_ago)
    return torch.stack([*found.values()], 1) + found[4][:, None]


def twice(x: Tensor) -> Tensor:
    """Turns of one work after those of another, whose last outcome they begin with."""
    for _ in range(2):
        last = x
        for _ in in_turn(range(TURNS)):
            for more in in_turn(range(2)):  # a part of each turn
                last = torch.sin(last + more)
        x = last
    return x


def at_the_edge(x: Tensor) -> Tensor:
    for turn in in_turn(range(TURNS)):
        x = x.exp() if turn == 3 else x.sin()
    return x


def fewer(x: Tensor) -> Tensor:
    for turn in in_turn(range(TURNS)):
        x = x.sin() if turn == 3 else x.sin() + 1
    return x


def of_others(x: Tensor) -> Tensor:
    parts = x.unbind(1)
    for turn in in_turn(range(3)):
        x = x.sin() + parts[turn][:, None]
    return x


def by_length(x: Tensor) -> Tensor:
    for _ in in_turn(range(x.shape[0])):
        x = x.sin()
    return x


def function(compute: Callable[[Tensor], Tensor]) -> Function:
    return Function(lambda given: {"out": compute(given["x"])}, lambda n: {"x": torch.rand(n["n"], 3)}, ("n",))


def loops(data: bytes) -> list[onnx.NodeProto]:
    return [node for node in onnx.load_from_string(data).graph.node if node.op_type == "Loop"]


def is_equal(made: Function, data: bytes, axis: str) -> Mapping[str, np.ndarray]:
    given, expected = cases(made, "f", [{axis: 1}, {axis: 3}, {axis: 17}])
    found = run_cases(data, "f", given)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-4)
    return expected


@pytest.mark.parametrize(("compute", "count"), [(running, 1), (twice, 2)])
def test_turns_are_one_loop(compute: Callable[[Tensor], Tensor], count: int) -> None:
    made = function(compute)
    data = file_of(made, "f", {})
    assert len(loops(data)) == count
    within = {node.op_type for loop in loops(data) for each in loop.attribute for node in each.g.node}
    assert ("Trilu" not in within and "Sin" in within) or "Tanh" in within, "what is always the same is outside"
    is_equal(made, data, "n")


SMALL = {"channels": 8, "layers": 2, "units": 3, "local_width": 4, "width": 8, "network": "mlp", "block": 2}


@pytest.mark.parametrize(("model", "values"), [("pixel", {}), ("vae", {"likelihood": "local"})])
def test_pixels_are_drawn_by_a_loop(model: str, values: Mapping[str, str]) -> None:
    experiment, spec = Experiment("strokes", model, "maml"), ImageSpec((1, 3, 4))
    small = {name: value for name, value in SMALL.items() if name in experiment.config_type("model").model_fields}
    for name, value in {**small, **values}.items():
        experiment = experiment.with_value(f"model.{name}", value)
    algorithm = experiment.build_algorithm(experiment.plugin("model")(experiment.config("model"), spec))
    learned = LoadedModel(experiment, spec, "initialization", algorithm, algorithm.initialize(torch.Generator()))
    for made, name in ((sampler(learned), SAMPLES), (adaptation(learned, 1, examples=2), SAMPLES)):
        data = file_of(made, "f", {})
        assert len(loops(data)) == 1
        drawn = is_equal(made, data, name)
        assert {0.0, 1.0} == {number for value in drawn.values() for number in np.unique(value)}


@pytest.mark.parametrize(
    ("compute", "says"),
    [
        (at_the_edge, "are in one place of turns"),
        (fewer, "turns are of more or fewer operations"),
        (of_others, "turns are of other operands"),
        (by_length, "operations, by the length"),
    ],
)
def test_turns_that_are_not_alike_are_refused_in_words(compute: Callable[[Tensor], Tensor], says: str) -> None:
    with pytest.raises(NotOneGraph) as refused:
        file_of(function(compute), "f", {})
    assert says in str(refused.value)
