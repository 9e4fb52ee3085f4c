from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.events import ValidationReport
from metagen_gui.gui.look.theme import plot_colours
from metagen_gui.gui.samples.scrubber.figures import MOST, Figures, title_of
from metagen_gui.gui.samples.scrubber.ramp import UNKNOWN, Legend, marks, ramp, shades
from tests.gui.snapshots import validation


def test_every_cell_has_what_was_told_nearest_to_it() -> None:
    figures = Figures()
    for step, losses in ((0, (9, 8)), (100, (5, 3)), (200, (4, np.inf))):
        figures.add(validation(step, losses))
    found = figures.along("query_loss/vae", (0, 40, 60, 160, 999), (0, 1, 7))
    np.testing.assert_equal(found, [[9, 9, 5, 4, 4], [8, 8, 3, np.nan, np.nan], [np.nan] * 5])
    assert np.isnan(figures.along("kl", (0, 1), (0,))).all() and figures.along("kl", (), (0,)).shape == (1, 0)


def test_what_is_told_twice_counts_as_it_was_told_last() -> None:
    figures = Figures()
    for loss in (1.0, 2.0):
        figures.add(validation(50, (loss, loss)))
    assert figures.along("query_loss/vae", (50,), (0,)).item() == 2 and len(figures) == 1


def test_losses_of_one_player_come_first_and_of_several_last() -> None:
    one, two = Figures(), Figures()
    told = {"kl/0": 3.0, "kl/1": 2.0}
    one.add(ValidationReport(0, 0.0, {"vae": np.ones(2)}, {}, 4, told))
    two.add(ValidationReport(0, 0.0, {"g": np.ones(2), "d": np.ones(2)}, {}, 4, {"mmd2/0": 1.0, "mmd2/1": 0.5}))
    assert one.quantities == ("query_loss/vae", "kl") and two.quantities == ("mmd2", "query_loss/g", "query_loss/d")
    assert [title_of(name, one.quantities) for name in one.quantities] == ["query loss", "kl"]
    assert [title_of(name, two.quantities) for name in two.quantities] == ["mmd2", "query loss (g)", "query loss (d)"]
    assert two.along("mmd2", (0,), (0, 1)).tolist() == [[1.0], [0.5]] and not Figures().quantities


def test_of_a_long_run_as_many_are_kept_as_there_is_room_for_and_the_newest() -> None:
    figures = Figures()
    for step in range(3 * MOST):
        figures.add(validation(step, (step, step)))
    assert len(figures) <= MOST
    found = figures.along("query_loss/vae", (0, MOST, 3 * MOST - 1), (0,))[0]
    assert found[0] == 0 and found[2] == 3 * MOST - 1 and abs(found[1] - MOST) < 8


NUMBERS = st.one_of(st.floats(-1e300, 1e300), st.just(float("nan")))


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_shades_keep_the_order_and_tell_what_is_unknown(numbers: list[float]) -> None:
    values = np.array(numbers)
    found = shades(values)
    known = np.isfinite(values)
    assert (found[~known] == UNKNOWN).all() and (found[known] < UNKNOWN).all()
    order = np.argsort(values[known], kind="stable")
    assert (np.diff(found[known][order].astype(int)) >= 0).all()
    if len(set(values[known].tolist())) > 2:
        assert found[known].min() == 0 and found[known].max() == 254


def test_the_first_steps_of_a_run_do_not_take_all_colours() -> None:
    found = shades(np.array([1000.0, 130, 120, 115, 114, 113]))
    assert found[0] == 254 and np.ptp(found[1:].astype(int)) >= 120


def test_low_losses_are_strong_and_unknown_ones_are_none_of_the_colours(qapp: object) -> None:
    look = plot_colours()
    colours = ramp(look)
    assert len(colours) == 256 and colours[UNKNOWN] == look.grid.rgb() and colours[UNKNOWN] not in colours[:UNKNOWN]
    blue = [colour & 0xFF for colour in (colours[0], colours[127], colours[254])]
    assert len({abs(level - look.background.blue()) for level in blue}) == 3


@pytest.mark.parametrize("scale", [1.0, 1e-5])
def test_the_legend_tells_its_numbers_in_words(scale: float, qtbot: object) -> None:
    legend = Legend()
    legend.show_values(np.array([[2.0, 3.0], [np.nan, 10.0]]) * scale, "query loss")
    told = [f"{value * scale:g}" for value in (2, 3, 10)]
    assert legend.accessibleName() == "query loss: strong colour {}, middle {}, faint {}".format(*told)
    assert not legend.isHidden() and marks(np.array([np.nan])) is None
    legend.show_values(np.full((2, 2), np.nan), "query loss")
    assert legend.isHidden()
