"""One whole run as data: which tasks, model and algorithm, with which settings. To JSON and back.

A setting that is left out takes its default. Defaults come from the declaration, overruled by what the chosen plugins
suggest for each other (`suggests`: tasks first, then model, then algorithm), overruled by what the person set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

from metagen_gui.engine.algorithms.base import Algorithm, algorithms
from metagen_gui.engine.models.base import GenerativeModel, adapted_groups, models
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, Setting, parse_settings, settings_of
from metagen_gui.engine.settings.places import (
    EXPERIMENT,
    file_of,
    line_of,
    parsed,
    read_text,
    refuse_stray,
    refuse_twice,
)
from metagen_gui.engine.settings.plain_text import printable, quoted, shortened
from metagen_gui.engine.settings.registry import Registry
from metagen_gui.engine.tasks.base import TaskFamily, task_families
from metagen_gui.engine.training import TrainingSettings

Section = Literal["tasks", "model", "algorithm", "training"]
SECTIONS: tuple[Section, ...] = ("tasks", "model", "algorithm", "training")
REGISTRIES: Mapping[str, Registry[Any]] = MappingProxyType(
    {"tasks": task_families, "model": models, "algorithm": algorithms}
)
VERSION = 1
ABOUT = "about"
"""Where a preset says what it shows."""
MAX_BYTES = 4_000_000


def _empty() -> Mapping[str, Mapping[str, Any]]:
    return MappingProxyType({section: MappingProxyType({}) for section in SECTIONS})


@dataclass(frozen=True)
class Experiment:
    """A run as data. `values` holds only what a person set, per section; the rest are defaults."""

    tasks: str = "strokes"
    model: str = "vae"
    algorithm: str = "maml"
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=_empty)
    others: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What else an experiment file holds, such as a remark: it means nothing here and is written back as it was."""
    notices: tuple[str, ...] = field(default=(), compare=False)
    """What whoever reads the file it is from should know, as sentences."""
    kept: Mapping[str, Any] | None = field(default=None, compare=False)
    """What a run has kept of its data, where it goes on or is looked at; empty for one from before runs kept any."""
    _checked: dict[Section, Config] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Settings that were found right: an experiment never changes, so each section is looked at once."""

    # -- plugins and settings ------------------------------------------------------------------------------------

    def plugin(self, section: Section) -> type[Any]:
        """Return the chosen plugin class of `tasks`, `model` or `algorithm`."""
        plugin: type[Any] = REGISTRIES[section].get(getattr(self, section))
        return plugin

    def config_type(self, section: Section) -> type[Config]:
        """Return the settings class of a section."""
        return TrainingSettings if section == "training" else cast(type[Config], self.plugin(section).Settings)

    def settings(self, section: Section) -> tuple[Setting, ...]:
        """Return the declared settings of a section, with the defaults that hold for this choice of plugins."""
        suggested = self._suggested(section)
        declared = settings_of(self.config_type(section))
        return tuple(replace(item, default=suggested.get(item.name, item.default)) for item in declared)

    def config(self, section: Section) -> Any:
        """Return the checked settings of a section; raise `BadInput` that names the first wrong one."""
        if section not in self._checked:
            values = {**self._suggested(section), **self.values.get(section, {})}
            self._checked[section] = parse_settings(self.config_type(section), values, section)
        return self._checked[section]

    def check(self) -> None:
        """Raise `BadInput` if any plugin or setting is wrong, or if they do not go together."""
        for section in SECTIONS:
            self.config(section)
        adapted_groups(self.plugin("model"), self.config("algorithm").adapts)
        unknown = set(self.config("algorithm").group_rates) - set(self.plugin("model").groups)
        if unknown:
            known = ", ".join(self.plugin("model").groups)
            raise BadInput(
                "algorithm.group_rates", f"{self.model} has no group {quoted(sorted(unknown)[0])}; it has {known}"
            )

    def build_tasks(self) -> TaskFamily:
        """Return the task family, with its data found and checked."""
        family = self.task_family()
        family.check(self.config("training").shots, self.config("training").query_size)
        return family

    def task_family(self) -> TaskFamily:
        """Return the task family, before its data is looked for."""
        family = cast(TaskFamily, self.plugin("tasks")(self.config("tasks"), self.config("training").seed))
        if self.kept is not None:
            family.recall(self.kept)
        return family

    def build_model(self, family: TaskFamily) -> GenerativeModel:
        """Return the model for the family's data; raise `BadInput` if tasks are too small for it."""
        model = cast(GenerativeModel, self.plugin("model")(self.config("model"), family.spec))
        training = self.config("training")
        model.check(training.shots, training.query_size)
        return model

    def build_algorithm(self, model: GenerativeModel) -> Algorithm:
        """Return the algorithm for the model."""
        algorithm = cast(Algorithm, self.plugin("algorithm")(self.config("algorithm"), model))
        algorithm.check()
        return algorithm

    def _suggested(self, section: Section) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for source in ("tasks", "model", "algorithm"):
            for path, value in self.plugin(source).suggests.items():
                where, _, name = path.partition(".")
                if where == section and name in self.config_type(section).model_fields:
                    found[name] = value
        return found

    def with_plugin(self, section: Section, name: str) -> Experiment:
        """Return this experiment with another plugin; settings that the new one also has are kept where they fit."""
        if getattr(self, section) == name:
            return self
        REGISTRIES[section].get(name)
        if section == "tasks" and (model := self._model_for(name)) != self.model:
            return self.with_plugin("model", model).with_plugin("tasks", name)
        chosen: dict[str, Any] = {section: name}
        changed = replace(self, **chosen)
        kept: dict[str, Any] = {}
        for key, value in self.values.get(section, {}).items():
            with suppress(BadInput):
                parse_settings(changed.config_type(section), {key: value}, section)
                kept[key] = value
        return replace(changed, values=MappingProxyType({**self.values, section: MappingProxyType(kept)}))

    def _model_for(self, tasks: str) -> str:
        """Return the model that suits other tasks: the one they suggest, else this one, unless only the last did."""
        before, after = (task_families.get(name).suggests.get("model.name") for name in (self.tasks, tasks))
        return str(after or (Experiment.model if self.model == before else self.model))

    def with_value(self, path: str, value: Any) -> Experiment:
        """Return this experiment with one setting changed: `algorithm.inner_lr`, `model.name`. Raise `BadInput`."""
        section, _, name = path.partition(".")
        if section not in SECTIONS or not name:
            raise BadInput(
                shortened(path), f"a setting's path begins with one of {', '.join(SECTIONS)}, as in algorithm.inner_lr"
            )
        where: Section = section
        if name == "name" and where != "training":
            return self.with_plugin(where, str(value))
        changed = self._with_section(where, {**self.values.get(where, {}), name: value})
        if where in self._checked:  # the others were right, so what is wrong now is this one
            changed.config(where)
        else:
            parse_settings(self.config_type(where), {name: value}, where)
        return changed

    def without_value(self, path: str) -> Experiment:
        """Return this experiment with one setting back at its default."""
        section, _, name = path.partition(".")
        values = {key: value for key, value in self.values.get(section, {}).items() if key != name}
        return self._with_section(cast(Section, section), values)

    def _with_section(self, section: Section, values: Mapping[str, Any]) -> Experiment:
        changed = replace(self, values=MappingProxyType({**self.values, section: MappingProxyType(dict(values))}))
        changed._checked.update({other: found for other, found in self._checked.items() if other != section})
        return changed

    def with_text(self, assignment: str) -> Experiment:
        """Apply a command line's `PATH=VALUE`; numbers, true/false and JSON are recognised, the rest is text."""
        path, sign, text = assignment.partition("=")
        if not sign or not path:
            raise BadInput(
                shortened(assignment) if path else f'"{shortened(assignment)}"',
                "write PATH=VALUE, as in algorithm.inner_lr=0.01",
            )
        section, _, name = path.partition(".")
        value: Any = text
        if section in SECTIONS and name != "name":
            kinds = {item.name: item.kind for item in settings_of(self.config_type(section))}
            if kinds.get(name) not in ("text", "path", "choice"):
                try:
                    value = json.loads(text)
                except (ValueError, RecursionError):  # ValueError also for a number of thousands of digits
                    value = text
                else:
                    refuse_twice(text)
        return self.with_value(path, value)

    # -- to and from JSON ----------------------------------------------------------------------------------------

    def document(self, *, complete: bool = False) -> dict[str, Any]:
        """Return the experiment as JSON data; `complete` writes every setting out, defaults included."""

        def settings(section: Section) -> dict[str, Any]:
            if complete:
                return dict(self.config(section).model_dump(mode="json"))
            return dict(self.values.get(section, {}))

        return {
            "version": VERSION,
            **{s: {"name": getattr(self, s), "settings": settings(s)} for s in SECTIONS if s != "training"},
            "training": settings("training"),
            **self.others,
        }

    def to_json(self, *, complete: bool = False) -> str:
        """Return the experiment file's text."""
        text = json.dumps(self.document(complete=complete), indent=2, ensure_ascii=False) + "\n"
        # a path need not be valid text: what stands for its odd bytes is written as JSON's own escapes, \udcff
        return text.encode("utf-8", "backslashreplace").decode()

    @classmethod
    def from_json(cls, text: str, where: str = "experiment", *, ours: bool = False) -> Experiment:
        """Read the text of an experiment file; raise `BadInput` that names the line or the setting.

        What can only be meant as a section is refused, unless MetaGen wrote the file itself (`ours`): it has been
        trained with. What else there is, such as a remark, is kept.
        """
        document = parsed(text, where)
        try:
            return cls.from_document(document, where, ours=ours)
        except BadInput as problem:
            line = line_of(text, problem.where) if problem.where != where else None
            if line is None:
                raise
            raise BadInput(problem.where, f"{problem.why} (line {line})") from None

    @classmethod
    def from_document(cls, document: Any, where: str = "experiment", *, ours: bool = True) -> Experiment:
        """Build an experiment from JSON data; raise `BadInput` that names what is wrong. `ours`: as in `from_json`."""
        if not isinstance(document, dict):
            raise BadInput(where, "an experiment is a JSON object")
        version = document.get("version", VERSION)
        if type(version) is not int or version < 1:
            raise BadInput(where, f"version {quoted(version)} is not a number of 1 or more")
        if version > VERSION:
            raise BadInput(where, f"written by a newer MetaGen (version {quoted(version)}; this one reads {VERSION})")
        experiment = cls()
        notices = list[str]()
        settings: dict[Section, Any] = {"training": document.get("training", {})}
        for section in SECTIONS[:3]:
            part = document.get(section, {})
            if not isinstance(part, dict) or not isinstance(part.get("name", ""), str):
                raise BadInput(f"{section}", 'expected {"name": …, "settings": {…}}')
            if stray := [key for key in part if key not in ("name", "settings")]:
                raise BadInput(f"{section}.{shortened(stray[0])}", "a section holds a name and settings, nothing else")
            if "name" in part:
                experiment = experiment.with_plugin(section, part["name"])
            settings[section] = part.get("settings", {})
        for section, values in settings.items():
            if not isinstance(values, dict):
                raise BadInput(section, "settings are a JSON object")
            for name, value in values.items():
                if name == "name" and section != "training":
                    raise BadInput(f"{section}.name", "stands beside the settings, not among them")
                if (why := experiment.config_type(section).taken_out.get(name)) is not None:
                    notices.append(f"{section}.{name} is left out: {why}.")
                    continue
                experiment = experiment.with_value(f"{section}.{name}", value)
        others = {key: value for key, value in document.items() if key not in ("version", *SECTIONS)}
        if not ours and (beside := {key: value for key, value in others.items() if key != ABOUT}):
            refuse_stray(beside, {section: experiment.config_type(section).model_fields for section in SECTIONS})
            remarks = printable(shortened(", ".join(beside)))
            notices.append(f"kept as a remark: {remarks}.")
        return replace(experiment, others=MappingProxyType(others), notices=tuple(notices))

    @classmethod
    def of_plan(cls, given: Any, where: str, folder: Path | None, *, ours: bool) -> Experiment:
        """Return the experiment of a plan in `folder`: settings, or the path of a file; raise `BadInput`."""
        if isinstance(given, str):
            return cls.load((folder or Path()) / given)
        if not isinstance(given, dict):
            raise BadInput(f"{where}.experiment", "a plan names an experiment: a file, or its settings")
        return cls.from_document(given, f"{where}.experiment", ours=ours)

    @classmethod
    def load(cls, path: Path, *, ours: bool = False) -> Experiment:
        """Read an experiment file, or a run folder's, which is `ours`; raise `BadInput` that names it."""
        file = file_of(path, EXPERIMENT)
        text = read_text(file, MAX_BYTES, "not an experiment file (not UTF-8 text)", follow=file == path)
        return cls.from_json(text, str(path), ours=ours or file != path)
