"""Finds the plugins: every decorated class of a package, and the entry points of other packages.

Adding an algorithm, a model, a task family, a metric or a watcher of a run's health is dropping a file into its
package; nothing else names it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import traceback
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import settings_of
from metagen_gui.engine.settings.packages import Foreign, read_choices
from metagen_gui.engine.settings.plain_text import printable, quoted

PluginT = TypeVar("PluginT")


@dataclass(frozen=True)
class Problem:
    """A plugin that could not be loaded: which, of what package, why in one line, and where it happened."""

    kind: str
    name: str
    package: str
    why: str
    details: str = ""

    @property
    def sentence(self) -> str:
        """The problem in one line."""
        of = f" of the package {self.package}" if self.package else ""
        return f"the {self.kind} plugin {self.name}{of} could not be loaded: {self.why}"

    @classmethod
    def now(cls, kind: str, name: str, package: str, error: BaseException) -> Problem:
        """Return what `error`, which is being handled, means for a plugin."""
        why = f"{type(error).__name__}: {error}".removesuffix(": ")
        return cls(kind, name, package, printable(why), traceback.format_exc())


class Registry(Generic[PluginT]):
    """The plugins of one kind, by name.

    `package` is walked at the first question; entry points of the group `metagen.KIND` are loaded after it. A plugin
    that cannot be imported, or is not whole, does not take the program with it: it is listed in `problems`. What other
    packages bring is listed in `foreign`. Every plugin is a `base`; `heading` is what all of them are called in a list.
    """

    def __init__(self, kind: str, package: str, base: type[Any] = object, heading: str = "") -> None:
        self.kind = kind
        self.package = package
        self.base = base
        self.heading = heading
        self.problems: list[Problem] = []
        self.foreign: list[Foreign] = []
        self._plugins: dict[str, type[PluginT]] = {}
        self._loaded = False
        _REGISTRIES.add(self)

    def register(self, name: str) -> Callable[[type[PluginT]], type[PluginT]]:
        """Class decorator that enters a plugin as `name`, and tells it so.

        A name that another holds is an error, and so is a plugin that lacks what its base asks for, or has a setting
        that cannot be shown.
        """

        def enter(plugin: type[PluginT]) -> type[PluginT]:
            held = self._plugins.get(name)
            if held is not None and (held.__module__, held.__qualname__) != (plugin.__module__, plugin.__qualname__):
                raise ValueError(f"two {self.kind} plugins are called {name!r}: {held.__module__}, {plugin.__module__}")
            self._refuse_incomplete(plugin)
            self._plugins[name] = plugin
            plugin.name = name  # type: ignore[attr-defined]  # a plugin is asked its name where figures are told
            return plugin

        return enter

    def _refuse_incomplete(self, plugin: type[Any]) -> None:
        """Raise `TypeError`, in one sentence, for a plugin that would fail wherever plugins are listed or made."""
        if not issubclass(plugin, self.base):
            raise TypeError(f"{plugin.__qualname__} is no {self.base.__name__}")
        declared = {
            name
            for one in plugin.__mro__
            for name, kind in inspect.get_annotations(one).items()
            if "ClassVar" in str(kind) and name != "name"  # which it is told here
        }
        lacking = {name for name in declared if not hasattr(plugin, name)} | getattr(
            plugin, "__abstractmethods__", set()
        )
        if lacking:
            raise TypeError(f"{plugin.__qualname__} lacks {', '.join(sorted(lacking))}")
        if hasattr(plugin, "Settings"):
            settings_of(plugin.Settings)

    def names(self) -> tuple[str, ...]:
        """Return the registered names in alphabetical order."""
        self.load()
        return tuple(sorted(self._plugins))

    def get(self, name: str) -> type[PluginT]:
        """Return the plugin called `name`; raise `BadInput` that says who would bring it, or which names there are."""
        self.load()
        if name not in self._plugins:
            why = f"there is no {quoted(name)}; there are {', '.join(self.names())}"
            for one in self.foreign:
                if one.name == name and not one.loaded:
                    why = f"{quoted(name)} is of the package {printable(one.package)}, which is not switched on"
            raise BadInput(f"{self.kind}.name", why)
        return self._plugins[name]

    def items(self) -> Iterator[tuple[str, type[PluginT]]]:
        """Iterate over names and plugins in alphabetical order."""
        return ((name, self._plugins[name]) for name in self.names())

    def load(self, *, again: bool = False, without: Collection[str] = ()) -> None:
        """Import every module of the package and every entry point, once (or `again`, to see new files).

        Nothing is imported of packages that were switched off, or are named in `without`.
        """
        if self._loaded and not again:
            return
        self._loaded = True
        self.problems.clear()
        self.foreign.clear()
        choices = read_choices()
        found: list[tuple[str, str, Callable[[], object]]] = [
            (module, "metagen", partial(importlib.import_module, module)) for module in plugin_modules(self.package)
        ]
        for point in entry_points(group=f"metagen.{self.kind}"):
            package = point.dist.name if point.dist else ""
            loaded = choices.loads(package) and package not in without
            self.foreign.append(Foreign(self.kind, point.name, package, loaded))
            if loaded:
                found.append((point.name, package, point.load))
        for name, package, load in found:
            before = [(registry, {*registry._plugins}) for registry in _REGISTRIES]
            try:
                load()
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # one plugin's fault, or its sys.exit, must not stop the others
                self.problems.append(Problem.now(self.kind, name, package, error))
                for registry, known in before:
                    registry._take_back(known)

    def _take_back(self, known: Collection[str]) -> None:
        """Forget plugins that are not among `known` and whose module is not there, as it raised after entering them."""
        for name, plugin in [*self._plugins.items()]:
            if name not in known and plugin.__module__ not in sys.modules:
                del self._plugins[name]


_REGISTRIES: WeakSet[Registry[Any]] = WeakSet()
"""All of them: a module may enter plugins of several kinds before it raises."""


def plugin_modules(package: str) -> list[str]:
    """Return the full names of a package's modules; the frozen program collects the same list."""
    importlib.invalidate_caches()
    return [f"{package}.{found.name}" for found in pkgutil.iter_modules(importlib.import_module(package).__path__)]
