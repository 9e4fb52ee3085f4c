"""How a broken promise is told, and what a plugin of any kind promises of its words and settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from metagen_gui.engine.experiment import REGISTRIES
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, parse_settings, settings_of
from metagen_gui.engine.training import TrainingSettings


def must(kept: bool, promise: str) -> None:
    """Raise `AssertionError` that says which `promise` was not kept; unlike `assert`, also under `python -O`."""
    if not kept:
        raise AssertionError(promise)


def must_equal(found: Any, expected: Any, promise: str) -> None:
    """Raise `AssertionError` with both values where they differ."""
    must(found == expected, f"{promise}: found {found!r}, expected {expected!r}")


def must_be_same(found: Any, expected: Any, promise: str) -> None:
    """Raise `AssertionError` where two tensors, or mappings of mappings of them, differ in any bit."""
    if isinstance(found, Mapping):
        must_equal(set(found), set(expected), promise)
        for name, value in found.items():
            must_be_same(value, expected[name], f"{promise} ({name})")
    else:
        must(torch.equal(found, expected), promise)


def seeded(seed: int = 0) -> torch.Generator:
    """Return a source of randomness of its own."""
    return torch.Generator().manual_seed(seed)


def global_state() -> Tensor:
    """Return the state of torch's global generator, which nothing may draw from."""
    return torch.get_rng_state().clone()


def check_words(plugin: type[Any]) -> None:
    """Check that a plugin says what it is, that its settings can be shown, and that what it suggests exists."""
    must(bool(plugin.title.strip()), "a plugin has a title")
    must(
        plugin.summary.endswith(".") and "\n" not in plugin.summary, "a summary is one line that ends with a full stop"
    )
    if hasattr(plugin, "Settings"):
        check_settings(plugin.Settings)
        for path in plugin.suggests:
            _check_suggestion(path, plugin.suggests[path])


def check_settings(config: type[Config]) -> None:
    """Check that forms and command lines can show every setting: a sentence of help, a default within its range."""
    try:
        parse_settings(config, config().model_dump(), "defaults")
    except BadInput as problem:
        must(False, f"every default is within its range: {problem}")
    found = {item.name: item for item in settings_of(config)}
    must(set(config.enters) <= set(found), "what is said of formulas is said of settings that there are")
    for item in found.values():
        must(item.help.endswith(".") and bool(item.label.strip()), f"{item.name} has a label and a sentence of help")
        if item.kind in ("integer", "number"):
            within = item.low is not None and item.high is not None and item.low <= item.default <= item.high
            must(within, f"{item.name} has a lowest and a highest value, and a default between them")
        else:
            must(not item.log, f"{item.name} is no number and has no logarithmic scale")
        for symbol in item.symbol.split(", "):
            must(symbol in item.formula, f"the symbol of {item.name} stands in its formula")
        must(not item.choices or str(item.default) in item.choices, f"the default of {item.name} is one of its choices")
        for name, values in item.only_if.items():
            must(name != item.name and name in found, f"{item.name} depends on another setting of its group")
            for value in values:
                parse_settings(config, {name: value}, "condition")


def _check_suggestion(path: str, value: Any) -> None:
    section, _, name = path.partition(".")
    must(section == "training" or section in REGISTRIES, f"{path}: the path of a setting begins with its section")
    if section == "training":
        must(name in TrainingSettings.model_fields, f"{path} is a setting")
    elif name == "name":
        must(value in REGISTRIES[section].names(), f"{path}: {value!r} is registered")
    else:
        some = any(name in other.Settings.model_fields for _, other in REGISTRIES[section].items())
        must(some, f"{path} is a setting that some plugin has")
