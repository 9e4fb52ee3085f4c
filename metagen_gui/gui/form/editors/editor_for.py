"""Which editor a setting gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from metagen_gui.gui.form.editors.base import SettingEditor
from metagen_gui.gui.form.editors.choices import AdaptsEditor, ChoiceEditor, FlagEditor
from metagen_gui.gui.form.editors.numbers import IntegerEditor, NumberEditor
from metagen_gui.gui.form.editors.rates import RatesEditor
from metagen_gui.gui.form.editors.texts import PathEditor, TextEditor

if TYPE_CHECKING:
    from metagen_gui.engine.settings.config import Setting


@dataclass(frozen=True)
class ModelChoices:
    """What the chosen model decides for other forms: its ways to adapt, and its groups with their own rates."""

    adapts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, model: Any) -> ModelChoices:
        """Ask a model class."""
        rates = {group: float(model.group_rates.get(group, 1.0)) for group in model.groups}
        return cls(adapts=dict(model.adapts), rates=rates)


def editor_for(setting: Setting, path: str, choices: ModelChoices) -> SettingEditor:
    """Return a new editor for `setting`, whose path is `path`."""
    match setting.kind:
        case "integer":
            return IntegerEditor(setting)
        case "number":
            return NumberEditor(setting)
        case "flag":
            return FlagEditor(setting)
        case "choice" if setting.choices:
            return ChoiceEditor(setting)
        case "choice":
            return AdaptsEditor(choices.adapts)
        case "rates":
            return RatesEditor(path, choices.rates)
        case "path":
            return PathEditor(setting)
        case "text":
            return TextEditor(setting)
