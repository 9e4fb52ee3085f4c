"""The networks of LEO piece by piece: what they compare, what they decode, and what is penalised."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from metagen_gui.engine.adaptation.latent_embedding import (
    CODE,
    Law,
    deviation,
    divergence,
    embedding_rates,
    fresh_embedding,
    half_squares,
    law_of_change,
    law_of_code,
    orthogonality,
    relate,
    weight_penalty,
)

INPUTS, HIDDEN, SIZE = 6, 7, 4
MOVING = {"context": torch.zeros(3), "prior": torch.zeros(2, 4)}
NUMBERS = 11


def networks(seed: int = 0) -> dict[str, Tensor]:
    fresh = fresh_embedding(torch.Generator().manual_seed(seed), INPUTS, HIDDEN, SIZE, MOVING)
    return {name: value.double() for name, value in fresh.items()}


def draw(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_orthogonality_of_orthogonal_and_of_equal_rows() -> None:
    assert orthogonality(torch.eye(5).double()) == 0
    assert orthogonality(torch.tensor([[3.0, 0.0, 0.0], [0.0, -0.1, 0.0]])) == 0, "the length of a row is free"
    assert orthogonality(draw(1, 6).expand(2, 6)).item() == pytest.approx(0.5)
    assert orthogonality(torch.tensor([[1.0, 0.0], [2.0, 2.0], [0.0, 3.0]])).item() == pytest.approx(4 * 0.5 / 9)


def test_orthogonality_compares_rows_and_not_columns() -> None:
    assert orthogonality(torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])).item() < 1e-12


def test_divergence_is_the_closed_form_averaged_over_entries() -> None:
    law = Law(draw(9), draw(9, seed=2).exp())
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(*law), normal(torch.zeros(9), torch.ones(9))).mean()
    torch.testing.assert_close(divergence(law), expected)
    assert divergence(Law(torch.zeros(3), torch.ones(3))) == 0
    # μ = 2, σ = 1/2: ½ (4 + ¼ − 1) + ln 2
    assert divergence(Law(torch.tensor([2.0]), torch.tensor([0.5]))).item() == pytest.approx(1.625 + math.log(2))


@pytest.mark.parametrize("offset", [0.0, 0.2])
def test_deviations_are_exponentials_moved_to_the_offset_and_floored(offset: float) -> None:
    u = torch.tensor([1.0, 0.5, 0.0, -0.01, -3.0], dtype=torch.float64)
    expected = [max(math.exp(value) - 1 + offset, 1e-10) for value in u.tolist()]
    assert deviation(u, offset).tolist() == pytest.approx(expected, rel=1e-12, abs=0)
    assert deviation(u, offset)[-1] == 1e-10


def test_a_code_of_zeros_changes_nothing_and_spreads_by_glorots_deviation() -> None:
    law = law_of_change(networks()["decoder.weight"], torch.zeros(SIZE).double())
    assert torch.equal(law.mean, torch.zeros(NUMBERS).double())
    assert law.deviation.tolist() == pytest.approx([math.sqrt(2 / (SIZE + NUMBERS))] * NUMBERS)


def test_the_decoder_is_linear_in_its_means_and_its_rows_are_entries_of_the_code() -> None:
    decoder = draw(SIZE, 2 * NUMBERS)
    for entry in range(SIZE):
        law = law_of_change(decoder, 0.3 * torch.eye(SIZE).double()[entry])
        torch.testing.assert_close(law.mean, 0.3 * decoder[entry, :NUMBERS])
        offset = math.sqrt(2 / (SIZE + NUMBERS))
        torch.testing.assert_close(law.deviation, deviation(0.3 * decoder[entry, NUMBERS:], offset))
    noise = draw(NUMBERS, seed=3)
    torch.testing.assert_close(law.at(noise), law.mean + law.deviation * noise)
    assert torch.equal(law.at(None), law.mean)


@pytest.mark.parametrize("examples", [1, 2, 5])
def test_the_relation_network_compares_every_example_with_every_other_and_itself(examples: int) -> None:
    own, codes = networks(), draw(examples, SIZE)
    layers = [nn.Linear(2 * SIZE, 2 * SIZE, bias=False).double() for _ in range(3)]
    for place, layer in enumerate(layers):
        layer.weight.data = own[f"relation.{place}.weight"].T
    network = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])
    pairs = [network(torch.cat([left, right])) for left in codes for right in codes]
    assert len(pairs) == examples**2
    torch.testing.assert_close(relate(own, codes), torch.stack(pairs).mean(0))


def test_the_law_of_a_code_does_not_depend_on_the_order_of_the_examples() -> None:
    own, examples = networks(), draw(5, 2, 3)
    law, turned = law_of_code(own, examples), law_of_code(own, examples[[3, 0, 4, 2, 1]])
    assert law.mean.shape == law.deviation.shape == (SIZE,)
    torch.testing.assert_close(turned.mean, law.mean, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(turned.deviation, law.deviation, rtol=1e-12, atol=1e-14)
    other = examples.clone()
    other[4] += 1
    assert not torch.allclose(law_of_code(own, other).mean, law.mean), "but on every example"


def test_the_law_of_a_code_has_no_offset() -> None:
    own, examples = networks(), draw(5, INPUTS)
    hidden = nn.functional.silu(examples @ own["encoder.0.weight"] + own["encoder.0.bias"])
    mean, unnormalized = relate(own, hidden @ own["encoder.1.weight"]).chunk(2)
    law = law_of_code(own, examples)
    torch.testing.assert_close(law.mean, mean)
    assert law.deviation.tolist() == pytest.approx([max(math.exp(u) - 1, 1e-10) for u in unnormalized.tolist()])


def test_l2_is_half_the_squares_of_all_weights_but_of_no_bias_and_no_rate() -> None:
    own = networks()
    weights = [value for name, value in own.items() if name.endswith("weight")]
    assert len(weights) == 6
    half = 0.5 * sum(float(value.square().sum()) for value in weights)
    assert half_squares(own).item() == pytest.approx(half)
    expected = 0.2 * half + 3 * float(orthogonality(own["decoder.weight"]))
    assert weight_penalty(own, 0.2, 3.0).item() == pytest.approx(expected)


def test_networks_and_rates_begin_as_in_the_reference() -> None:
    own = networks()
    shapes = {name: tuple(value.shape) for name, value in own.items() if name.endswith("weight")}
    relation = (2 * SIZE, 2 * SIZE)
    assert shapes == {
        "encoder.0.weight": (INPUTS, HIDDEN),
        "encoder.1.weight": (HIDDEN, SIZE),
        **{f"relation.{layer}.weight": relation for layer in range(3)},
        "decoder.weight": (SIZE, 2 * NUMBERS),
    }
    for name, shape in shapes.items():
        bound = math.sqrt(6 / sum(shape))
        assert own[name].abs().max() <= bound and own[name].std() == pytest.approx(bound / math.sqrt(3), rel=0.25)
    assert torch.equal(own["code_rate"], torch.ones(SIZE).double())
    for name, value in MOVING.items():
        assert torch.equal(own[f"fine.{name}"], torch.full_like(value, 0.001).double())
    assert not torch.equal(own["encoder.0.weight"], networks(1)["encoder.0.weight"])
    rates = embedding_rates({**own, "context": torch.zeros(3)})
    assert {name: tuple(rate.shape) for name, rate in rates.items()} == {
        CODE: (1, SIZE),
        "context": (1, 3),
        "prior": (1, 2, 4),
    }
