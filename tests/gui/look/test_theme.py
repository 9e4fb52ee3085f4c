from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from metagen_gui.gui.look.palettes import DARK, LIGHT, Colours, contrast, palette
from metagen_gui.gui.look.theme import apply_theme, colours, plot_colours, theme_changes

LOOKS = pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
Group, Role = QPalette.ColorGroup, QPalette.ColorRole


@LOOKS
@pytest.mark.parametrize("tone", ["text", "muted", "link", "visited", "error", "warning", "good"])
def test_text_is_readable_on_every_ground(look: Colours, tone: str) -> None:
    for ground in (look.window, look.base, look.raised):
        assert contrast(getattr(look, tone), ground) >= 4.5


@LOOKS
def test_text_on_fills_and_disabled_text_are_readable(look: Colours) -> None:
    assert contrast(look.on_accent, look.accent) >= 4.5
    assert contrast(look.error, look.error_fill) >= 4.5
    assert contrast(look.text, look.tooltip) >= 4.5
    assert contrast(look.muted, look.hover) >= 4.5
    assert min(contrast(look.disabled, ground) for ground in (look.window, look.base)) >= 3
    assert all(contrast(series, look.base) >= 3 for series in look.series)


@LOOKS
def test_series_differ_from_each_other_for_red_green_blind_eyes(look: Colours) -> None:
    def seen(colour: str) -> tuple[float, float]:
        # Without red and green apart, what is left is brightness and blue against yellow.
        made = QColor(colour)
        return 0.3 * made.redF() + 0.6 * made.greenF() + 0.1 * made.blueF(), made.blueF()

    for first, second in combinations(look.series[:6], 2):
        (light_a, blue_a), (light_b, blue_b) = seen(first), seen(second)
        assert abs(light_a - light_b) + abs(blue_a - blue_b) > 0.08, (first, second)


@LOOKS
def test_palette_sets_every_role_of_every_group(look: Colours) -> None:
    made = palette(look)
    for group in (Group.Active, Group.Inactive, Group.Disabled):
        for role in Role:
            if role not in (Role.NoRole, Role.NColorRoles):
                assert made.isBrushSet(group, role), (group, role)
    assert made.color(Group.Disabled, Role.Text) == QColor(look.disabled)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_choice_is_worn_and_told_once(qapp: QApplication, qtbot: QtBot) -> None:
    apply_theme(qapp, "light")
    with qtbot.waitSignal(theme_changes().changed):
        apply_theme(qapp, "dark")
    assert colours().dark
    assert qapp.palette().color(Role.Window) == QColor(DARK.window)
    assert plot_colours().background == QColor(DARK.base)
    with qtbot.assertNotEmitted(theme_changes().changed):
        apply_theme(qapp, "dark")
    apply_theme(qapp, "light")
    assert not colours().dark


def test_only_the_choice_system_follows_the_system(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_theme(qapp, "light")
    monkeypatch.setattr("metagen_gui.gui.look.theme._system_colours", lambda: DARK)
    theme_changes().follow_system()
    assert not colours().dark
    apply_theme(qapp, "system")
    assert colours().dark
    monkeypatch.setattr("metagen_gui.gui.look.theme._system_colours", lambda: LIGHT)
    theme_changes().follow_system()
    assert not colours().dark
