"""What of the sources is needed by something: definitions, and of classes the members that anything needed asks for.

A method is needed if what is needed names it anywhere, or if it overrides one of a class that is not ours: which object
is asked need not be known. So nothing that can be called is left out, and little is taken along that cannot.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from metagen_gui.engine.exports.alone.sources import FUNCTIONS, WHERE, Import, Source, Use, is_bare, mentions, uses
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config
from metagen_gui.engine.settings.registry import Registry


@dataclass(frozen=True)
class Place:
    """A definition: a name of a module."""

    module: str
    name: str


@dataclass
class Needed:
    """All that `roots` need, found when it is made. `instead` names modules in whose place others are read.

    Raises `BadInput` that names a package which is needed besides torch.
    """

    roots: Iterable[Place]
    instead: Mapping[str, str]
    packages: frozenset[str]
    """Whose modules are written out; others are imported."""
    members: dict[Place, list[ast.stmt]] = field(default_factory=dict)
    """Definitions by where they stand; of a class the members that are kept, in no order."""
    imports: dict[tuple[str, str], Import] = field(default_factory=dict)
    """What is imported, by module and name in it, but for what only annotations name."""
    typing_imports: dict[tuple[str, str], Import] = field(default_factory=dict)
    relies: dict[str, set[str]] = field(default_factory=dict)
    """Modules by the module that needs them when it is read."""
    asked: set[str] = field(default_factory=set)
    """Attributes that are asked for, those of settings among them."""
    _mentioned: set[str] = field(default_factory=set)
    _waiting: dict[str, list[tuple[Place, ast.stmt]]] = field(default_factory=dict)
    _sources: dict[str, Source] = field(default_factory=dict)
    _queue: list[Place] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Follow every name."""
        for place in self.roots:
            self._need(place)
        while self._queue:
            place = self._queue.pop()
            for statement in self.source(place.module).definitions[place.name]:
                self._take(place, statement)

    def source(self, module: str) -> Source:
        """Return a module's source."""
        return self._sources.setdefault(module, Source(module))

    def is_written_out(self, module: str) -> bool:
        """Return whether the file holds what it needs of a module."""
        return module.partition(".")[0] in self.packages

    def resolve(self, module: str, name: str) -> Place | Import | None:
        """Return what a name of a module stands for, followed to where it is defined; None: Python's own."""
        module = self.instead.get(module, module)
        source = self.source(module)
        if name in source.definitions:
            return Place(module, name)
        found = source.imports.get(name)
        if found is None or not self.is_written_out(found.module):
            return found
        if not found.attribute:
            return found
        below = f"{found.module}.{found.attribute}"
        inner = self.source(found.module)
        if found.attribute not in inner.definitions and found.attribute not in inner.imports:
            return Import(below)
        return self.resolve(found.module, found.attribute)

    def target(self, module: str, use: Use) -> Place | Import | None:
        """Return what is meant by a name, or by `module.name` where that is of a module which is written out."""
        node = use.node
        if isinstance(node, ast.Name):
            return self.resolve(module, node.id)
        assert isinstance(node.value, ast.Name)
        whose = self.resolve(module, node.value.id)
        if isinstance(whose, Import) and not whose.attribute and self.is_written_out(whose.module):
            return self.resolve(whose.module, node.attr)
        return whose

    def _need(self, place: Place) -> None:
        if place not in self.members:
            self.members[place] = []
            self._queue.append(place)

    def _take(self, place: Place, statement: ast.stmt) -> None:
        if not isinstance(statement, ast.ClassDef):
            self._follow(place.module, statement)
            return
        made = getattr(self.source(place.module).module, place.name)
        plain = issubclass(made, Config)
        outer = [base for base in statement.bases if not plain or is_config(made, base)]
        for part in (*outer, *kept_decorators(self.source(place.module).module, statement)):
            self._follow(place.module, part)
        for member in statement.body:
            names = member_names(member)
            if plain and not isinstance(member, FUNCTIONS):
                continue
            if always_kept(made, member) or self._mentioned.intersection(names):
                self._keep(place, member)
            else:
                for name in names:
                    self._waiting.setdefault(name, []).append((place, member))

    def _keep(self, place: Place, member: ast.stmt) -> None:
        if member not in self.members[place]:
            self.members[place].append(member)
            self._follow(place.module, member)

    def _follow(self, module: str, node: ast.AST) -> None:
        for use in uses(node, self.source(module)):
            self._use(module, use)
        for name, of_settings in mentions(node):
            self.asked.add(name)
            if not of_settings and name not in self._mentioned:
                self._mentioned.add(name)
                for place, member in self._waiting.pop(name, ()):
                    self._keep(place, member)

    def _use(self, module: str, use: Use) -> None:
        found = self.target(module, use)
        if isinstance(found, Place):
            if not use.typing:
                self.relies.setdefault(module, set()).add(found.module)
            self._need(found)
        elif isinstance(found, Import):
            if use.typing:
                self.typing_imports[module, use.name] = found
            elif is_bare(found.module):
                self.imports[module, use.name] = found
            else:
                package = found.module.partition(".")[0]
                raise BadInput(WHERE, f"it needs {package} ({module}), and the file is to need torch alone")


def is_config(made: type, base: ast.expr) -> bool:
    """Return whether a base that is written so is a group of settings, other than `Config` itself."""
    name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    return any(each.__name__ == name and issubclass(each, Config) and each is not Config for each in made.__mro__)


def kept_decorators(module: Any, statement: ast.ClassDef) -> list[ast.expr]:
    """Return the decorators of a class but for those that put it into a registry."""

    def value(node: ast.expr) -> Any:
        if isinstance(node, ast.Attribute):
            return getattr(value(node.value), node.attr, None)
        return getattr(module, node.id, None) if isinstance(node, ast.Name) else None

    def registers(node: ast.expr) -> bool:
        called = node.func if isinstance(node, ast.Call) else node
        return isinstance(called, ast.Attribute) and isinstance(value(called.value), Registry)

    return [node for node in statement.decorator_list if not registers(node)]


def member_names(member: ast.stmt) -> tuple[str, ...]:
    """Return the names that a statement in the body of a class gives to it."""
    if isinstance(member, FUNCTIONS):
        return (member.name,)
    if isinstance(member, ast.AnnAssign):
        return (member.target.id,) if isinstance(member.target, ast.Name) else ()
    if isinstance(member, ast.Assign):
        return tuple(part.id for target in member.targets for part in ast.walk(target) if isinstance(part, ast.Name))
    return ()


def always_kept(made: type, member: ast.stmt) -> bool:
    """Return whether Python itself, or a class that is not ours, may ask for a member."""
    if isinstance(member, ast.AnnAssign):
        has_fields = hasattr(made, "__dataclass_fields__") or hasattr(made, "_fields")
        return has_fields and "ClassVar" not in ast.unparse(member.annotation)
    names = member_names(member)
    if names and all(name.startswith("__") and name.endswith("__") for name in names):
        return True
    others = [each for each in made.__mro__ if is_bare(each.__module__)]
    return any(name in vars(each) for name in names for each in others)
