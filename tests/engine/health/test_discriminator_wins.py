from __future__ import annotations

import pytest

from metagen_gui.engine.events import ValidationReport
from tests.engine.health.reports import GAN, alarms, kinds, validation


def report(meta_step: int, margin: float, generator: float, discriminator: float = 0.3) -> ValidationReport:
    losses = {"discriminator": discriminator, "generator": generator}
    return validation(meta_step, losses, margin=margin, mmd2=0.1)


START = report(0, 0.1, 0.7, 1.38)


def test_told_with_the_numbers_and_what_helps() -> None:
    won = [report(50 * place, 11, 5.0 + place) for place in range(1, 5)]
    ((told, alarm),) = alarms([START, *won], GAN)
    assert (alarm.kind, alarm.meta_step, told) == ("discriminator_wins", 50, 150)
    assert "a margin of 11, at a loss of 0.3, and the generator's loss has gone from 0.7 to 8" in alarm.text
    assert [(remedy.path, remedy.value) for remedy in alarm.remedies] == [
        ("model.penalty", 1.0),
        ("model.mmd_weight", 10.0),
        ("model.generator_turns", 2),
    ]


def test_over_when_the_margin_has_shrunk_for_two_reports() -> None:
    won = [report(50 * place, 11, 5.0) for place in range(1, 4)]
    even = [report(200 + 50 * place, margin, 5.0) for place, margin in enumerate([5.0, 3.0, 5.0, 3.0, 3.0])]
    (_, _), (told, over) = alarms([START, *won, *even], GAN)
    assert over.over and told == 400


def test_a_generator_that_gets_better_has_not_lost() -> None:
    assert kinds([report(0, 0.1, 6.0), *(report(50 * place, 11, 5.0) for place in range(1, 6))], GAN) == []


@pytest.mark.parametrize(
    ("loss", "margin", "wins"), [("hinge", 1.95, True), ("hinge", 1.0, False), ("wgan_gp", 50, False)]
)
def test_the_form_of_the_loss_decides(loss: str, margin: float, wins: bool) -> None:
    won = [report(50 * place, margin, 5.0) for place in range(1, 5)]
    assert kinds([START, *won], {**GAN, "model.loss": loss}) == ["discriminator_wins"] * wins


def test_other_models_have_no_discriminator() -> None:
    assert kinds([validation(50 * place, 100.0, margin=50.0) for place in range(5)]) == []
