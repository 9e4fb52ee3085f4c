from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtGui import QTextDocumentFragment

from metagen_gui.engine.experiment import REGISTRIES, SECTIONS, Experiment
from metagen_gui.engine.settings.config import Setting
from metagen_gui.gui.teaching.pages.words import plugin_text, setting_text

PLUGINS = [(section, name) for section, registry in REGISTRIES.items() for name in registry.names()]
EVIL = '<img src="file:///etc/passwd"> <b>bold</b>'


pytestmark = pytest.mark.usefixtures("qapp")


def shown(html: str) -> str:
    return QTextDocumentFragment.fromHtml(html).toPlainText()


def settings_there_are() -> list[tuple[str, Setting]]:
    experiments = [Experiment().with_plugin(section, name) for section, name in PLUGINS]  # type: ignore[arg-type]
    found = {
        (getattr(one, section, ""), f"{section}.{setting.name}"): setting
        for one in experiments
        for section in SECTIONS
        for setting in one.settings(section)
    }
    return [(path, setting) for (_, path), setting in found.items()]


def test_every_setting_says_its_help_its_paper_and_its_default() -> None:
    for path, setting in settings_there_are():
        text = shown(setting_text(setting, path))
        assert setting.help in text and path in text and "Default: " in text
        assert setting.paper in text
        assert ("Paper: " in text) == bool(setting.paper)
        assert (" in\n" in text or "Enters" in text) == bool(setting.formula)
        assert ("May change during a run" in text) == setting.live != ("Fixed while" in text)
        assert "_" not in text.replace(path, "").replace(setting.help, ""), "formulas are set"


@pytest.mark.parametrize(("section", "name"), PLUGINS)
def test_the_page_of_a_plugin_is_what_its_file_says(section: str, name: str) -> None:
    plugin, experiment = REGISTRIES[section].get(name), Experiment().with_plugin(section, name)  # type: ignore[arg-type]
    html = plugin_text(section, plugin, experiment.settings(section))  # type: ignore[arg-type]
    text = shown(html)
    assert text.startswith(plugin.title) and plugin.summary in text and plugin.reference in text
    assert ("Source" in text) == bool(plugin.reference)
    for setting in plugin.Settings.model_fields.values():
        assert setting.description in text
    prose = text[text.index("What it does") : text.index("Settings")]
    assert len(prose) > 60


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("maml", ["φ0 = θ", "φj+1 = φj − α ∘ ∇ℓS(φj)", "L = meanT ℓQ(φk)"]),
        ("reptile", ["√v̂j", "g = θ − meanT φk"]),
        ("cavia", ["cj+1 = cj − α ∘ ∇cℓS(cj, θ)"]),
        ("leo", ["z0 ~ q(z | S)", "∇zℓS", "φj − ηf ∘ ∇ℓS(φj)"]),
    ],
)
def test_an_outer_step_is_told_as_it_is_by_default(name: str, lines: list[str]) -> None:
    experiment = Experiment().with_plugin("algorithm", name)
    text = shown(plugin_text("algorithm", experiment.plugin("algorithm"), experiment.settings("algorithm")))
    told = text[text.index("One outer step") : text.index("What it does")]
    assert [line for line in lines if line not in told] == []


def test_formulas_among_the_prose_are_set_and_code_is_not() -> None:
    maml = REGISTRIES["algorithm"].get("maml")
    html = plugin_text("algorithm", maml, Experiment().settings("algorithm"))
    assert "φ<sub>j+1</sub> = φ<sub>j</sub> − α ∇ℓ<sub>S</sub>" in html
    assert "<tt>learned_rates</tt>" in html


def test_markup_in_words_of_a_plugin_is_text() -> None:
    (setting,) = (item for item in Experiment().settings("algorithm") if item.name == "inner_lr")
    odd = replace(setting, label=EVIL, help=EVIL, formula=EVIL, symbol=EVIL, paper=EVIL)

    class Odd:
        title = summary = reference = EVIL
        __doc__ = f"{EVIL}\n\n    {EVIL}\n\n`{EVIL}`"

    Odd.__module__ = "nowhere"
    for html in (setting_text(odd, "algorithm.odd"), plugin_text("algorithm", Odd, (odd,))):
        assert "<img" not in html
        assert EVIL in shown(html)


def test_an_address_becomes_a_link_and_nothing_else_does() -> None:
    (setting,) = (item for item in Experiment().settings("algorithm") if item.name == "inner_lr")
    html = setting_text(replace(setting, paper="Finn, arXiv:1703.03400, file:///etc/passwd"), "algorithm.inner_lr")
    assert '<a href="https://arxiv.org/abs/1703.03400">' in html
    assert html.count("<a ") == 1
