"""Finds the plugins: every decorated class of a package, and the entry points of other packages.

Adding an algorithm, a model or a task family is dropping a file into its package; nothing else names it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from metagen_gui.engine.settings.config import BadInput
from metagen_gui.engine.settings.plain_text import quoted

PluginT = TypeVar("PluginT")


class Registry(Generic[PluginT]):
    """The plugins of one kind, by name.

    `package` is walked at the first question; entry points of the group `metagen.KIND` are loaded after it. A plugin of
    another package that cannot be imported does not take the program with it: it is listed in `problems`.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self.problems: dict[str, str] = {}
        self._plugins: dict[str, type[PluginT]] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[type[PluginT]], type[PluginT]]:
        """Class decorator that enters a plugin under `name`; a name that another class holds is an error."""

        def enter(plugin: type[PluginT]) -> type[PluginT]:
            held = self._plugins.get(name)
            if held is not None and (held.__module__, held.__qualname__) != (plugin.__module__, plugin.__qualname__):
                raise ValueError(f"two {self.kind} plugins are called {name!r}: {held.__module__}, {plugin.__module__}")
            self._plugins[name] = plugin
            return plugin

        return enter

    def names(self) -> tuple[str, ...]:
        """Return the registered names in alphabetical order."""
        self.load()
        return tuple(sorted(self._plugins))

    def get(self, name: str) -> type[PluginT]:
        """Return the plugin called `name`; raise `BadInput` that lists the names there are."""
        self.load()
        if name not in self._plugins:
            raise BadInput(f"{self.kind}.name", f"there is no {quoted(name)}; there are {', '.join(self.names())}")
        return self._plugins[name]

    def items(self) -> Iterator[tuple[str, type[PluginT]]]:
        """Iterate over names and plugins in alphabetical order."""
        return ((name, self._plugins[name]) for name in self.names())

    def load(self, *, again: bool = False) -> None:
        """Import every module of the package and every entry point, once (or `again`, to see new files)."""
        if self._loaded and not again:
            return
        self._loaded = True
        self.problems.clear()
        for module in plugin_modules(self.package):
            importlib.import_module(module)
        for point in entry_points(group=f"metagen.{self.kind}"):
            try:
                point.load()
            except Exception as error:  # another package's fault must not stop ours
                self.problems[point.name] = f"{type(error).__name__}: {error}"


def plugin_modules(package: str) -> list[str]:
    """Return the full names of a package's modules; the frozen program collects the same list."""
    importlib.invalidate_caches()
    return [f"{package}.{found.name}" for found in pkgutil.iter_modules(importlib.import_module(package).__path__)]
