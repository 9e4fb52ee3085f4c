"""What `metagen evaluate` says in plain words: of steps, of changes, of a mean and its interval."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metagen_gui.cli.evaluate import parse_steps
from metagen_gui.cli.evaluation.text import about_adaptation
from metagen_gui.cli.terminal.figures import decimals_for, with_interval
from metagen_gui.engine.settings.bad_input import BadInput
from tests.cli.evaluate.test_evaluate import changed_by


@pytest.mark.parametrize(("text", "steps"), [("0,1,5", (0, 1, 5)), (" 3 , 0", (3, 0)), ("7", (7,))])
def test_steps_are_a_list_of_numbers(text: str, steps: tuple[int, ...]) -> None:
    assert parse_steps(text) == steps


@pytest.mark.parametrize("text", ["", "1,,2", "1.5", "٣", "1 2"])
def test_anything_else_is_no_list_of_steps(text: str) -> None:
    with pytest.raises(BadInput, match="--steps"):
        parse_steps(text)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            [-2.0, -2.1, -1.9],
            "Adaptation helps: after 1 step the loss is 2.00 ± 0.25 lower than before; it falls in 3 of",
        ),
        (
            [2.0, 2.1, 1.9],
            "Adaptation hurts: after 1 step the loss is 2.00 ± 0.25 higher than before; it falls in 0 of",
        ),
        ([1.0, -1.0, -0.3], "Whether adaptation helps is not clear: after 1 step the loss is 0.1 ± 2.5 lower than"),
        ([0.0, 0.0], "Adaptation changes nothing: after 1 step the loss is what it was before."),
        ([-1.0], "Whether adaptation helps is not clear: after 1 step the loss is 1.000 lower than before"),
    ],
)
def test_what_adaptation_does_in_plain_words(changes: list[float], says: str) -> None:
    (sentence,) = about_adaptation(changed_by(changes))
    assert sentence.startswith(says)
    assert not list(about_adaptation(replace(changed_by(changes), rows=(0,))))


@pytest.mark.parametrize(
    ("mean", "interval", "text"),
    [
        (127.44, 2.13, "127.4 ± 2.1"),
        (0.12345, 0.00218, "0.1235 ± 0.0022"),
        (12345.6, 789.0, "12,346 ± 789"),
        (3.6187e25, 1.46e16, "3.62e+25 ± 1.46e+16"),
        (5.0, 0.0, "5.000"),
        (5.0, float("nan"), "5.000"),
        (float("nan"), float("nan"), "–"),
    ],
)
def test_a_mean_has_the_digits_that_its_interval_allows(mean: float, interval: float, text: str) -> None:
    assert with_interval(mean, interval) == text
    assert decimals_for(1e-30) == 6
