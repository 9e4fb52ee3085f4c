"""What is needed of the sources as the text of one file, in which every definition reads as it does in its own.

Settings alone are written anew, as plain classes of the values that they have.
"""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from metagen_gui.engine.exports.alone.needed import Needed, Place, is_config, kept_decorators
from metagen_gui.engine.exports.alone.sources import WHERE, Import, Located, Source, is_bare, uses
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, settings_of

WIDTH = 120
RULE = "# " + "─" * (WIDTH - 2)


class Text:
    """The text of all that is `needed`; `settings` are the groups of settings whose values are written."""

    def __init__(self, needed: Needed, settings: Sequence[Config]) -> None:
        self.needed = needed
        self.settings = {type(each): each for each in settings}
        self.names = dict[Place | Import, str]()
        taken = set(dir(builtins))
        found = {**needed.typing_imports, **needed.imports}
        for (_, name), what in sorted(found.items(), key=lambda each: (each[1], each[0][1])):
            self._name(what, name, "", taken)
        for module in self.order():
            for name in needed.source(module).definitions:
                place = Place(module, name)
                if place in needed.members:
                    self._name(place, name, module.rpartition(".")[2], taken)

    def _name(self, what: Place | Import, name: str, origin: str, taken: set[str]) -> None:
        if what in self.names:
            return
        free = (name, f"{name}_of_{origin}", *(f"{name}_{number}" for number in range(2, 1000)))
        self.names[what] = next(each for each in free if each not in taken and not each.endswith("_"))
        taken.add(self.names[what])

    def order(self) -> list[str]:
        """Return the modules, each behind those that it needs when it is read."""
        found = list[str]()

        def put(module: str, above: frozenset[str]) -> None:
            if module in found or module in above:
                return
            for below in sorted(self.needed.relies.get(module, ())):
                put(below, above | {module})
            found.append(module)

        for module in dict.fromkeys(place.module for place in self.needed.members):
            put(module, frozenset())
        return found

    # -- imports -------------------------------------------------------------------------------------------------

    def imports(self) -> str:
        """Return the import statements; what is neither Python's nor torch's, only annotations need."""
        found = {*self.needed.imports.values(), *self.needed.typing_imports.values()}
        here = [what for what in found if not self.needed.is_written_out(what.module)]
        lines = _import_lines({what: self.names[what] for what in here if is_bare(what.module)})
        if told := _import_lines({what: self.names[what] for what in here if not is_bare(what.module)}):
            lines += ["from typing import TYPE_CHECKING", "", "if TYPE_CHECKING:", *(f"    {line}" for line in told)]
        return "\n".join(lines)

    # -- definitions -----------------------------------------------------------------------------------------------

    def sections(self) -> Iterator[str]:
        """Yield the text of each module's definitions, under what the module says it is."""
        for module in self.order():
            source, parts, kept = self.needed.source(module), list[str](), False
            for statement in source.tree.body:
                made = [name for name, all_of in source.definitions.items() if statement in all_of]
                told = is_told(statement) and bool(parts)  # the first is that of the module
                kept = kept if told else any(Place(module, name) in self.needed.members for name in made)
                if kept:
                    text = self._definition(source, statement)
                    parts[len(parts) - told :] = [f"{parts[-1]}\n{text}" if told else text]
            about = (ast.get_docstring(source.tree) or module).partition("\n")[0]
            yield f"{_head_of(module.rpartition('.')[2], about)}\n\n{_spaced(parts)}"

    def _definition(self, source: Source, statement: ast.stmt) -> str:
        if not isinstance(statement, ast.ClassDef):
            return self._piece(source, statement)
        place = Place(source.name, statement.name)
        made = getattr(source.module, statement.name)
        if issubclass(made, Config):
            return self._settings(source, statement, made)
        first = self._comments(source, statement)
        lines = [f"@{self._node(source, each)}" for each in kept_decorators(source.module, statement)]
        lines.append(self._head(source, statement))
        body, kept = list[str](), True
        for member in statement.body:
            kept = kept if is_told(member) else member in self.needed.members[place]
            if kept:
                apart = body and (_blank_before(source, member) or (body[-1].endswith('"""') and len(body) == 1))
                body += [*([""] if apart else []), self._piece(source, member)]
        return "\n".join([*first, *lines, *(body or ["    pass"])])

    def _head(self, source: Source, statement: ast.ClassDef) -> str:
        given: tuple[Located, ...] = (*statement.bases, *statement.keywords)
        bases = [self._node(source, each) for each in given]
        return _class(self.names[Place(source.name, statement.name)], bases)

    def _settings(self, source: Source, statement: ast.ClassDef, made: type[Config]) -> str:
        place = Place(source.name, statement.name)
        bases = [self._node(source, each) for each in statement.bases if is_config(made, each)]
        lines = [_class(self.names[place], bases)]
        about = ast.get_docstring(statement)
        lines += [f'    """{about}"""'] if about else []
        values = self.settings.get(made)
        for item in settings_of(made) if values else ():
            if item.name in self.needed.asked:
                value = getattr(values, item.name)
                lines += [f"    {item.name} = {as_python(value, item.name)}", _told(item.help)]
        for member in statement.body:
            if member in self.needed.members[place]:
                lines += ["", self._piece(source, member)]
        return "\n".join(lines if len(lines) > 1 else [*lines, "    pass"])

    # -- pieces ----------------------------------------------------------------------------------------------------

    def _piece(self, source: Source, statement: ast.stmt) -> str:
        """Return a statement in whole lines, with the comment above it."""
        return "\n".join([*self._comments(source, statement), self._node(source, statement, whole=True)])

    def _comments(self, source: Source, statement: ast.stmt) -> list[str]:
        first = _first_line(statement)
        above = first
        while source.lines[above - 1].strip().startswith(b"#") and b"# --" not in source.lines[above - 1]:
            above -= 1
        return [line.decode() for line in source.lines[above:first]]

    def _node(self, source: Source, node: Located, whole: bool = False) -> str:
        """Return the text of a node, names of other modules as they are called here."""
        begin, end = source.segment(node)
        if whole and isinstance(node, ast.stmt):
            begin = source.start_of_line(_first_line(node))
            line_end = source.text.find(b"\n", end)
            behind = source.text[end : line_end if line_end >= 0 else len(source.text)]
            end += len(behind) if behind.strip().startswith(b"#") else 0
        changes = dict[tuple[int, int], bytes]()
        for use in uses(node, source):
            found = self.needed.target(source.name, use)
            if found is None or found not in self.names:
                continue
            place = source.segment(use.node)
            new = self.names[found].encode()
            if isinstance(use.node, ast.Attribute):
                whose = self.needed.resolve(source.name, use.name)
                if whose == found:  # an attribute of what the name stands for
                    place = source.segment(use.node.value)
            if source.text[place[0] : place[1]] != new:
                changes[place] = new
        text = source.text
        for (first, last), new in sorted(changes.items(), reverse=True):
            if not text[first:last].replace(b".", b"").replace(b"_", b"").isalnum():
                raise BadInput(WHERE, f"{source.name}: a name within an f-string cannot be changed to {new.decode()}")
            text = text[:first] + new + text[last:]
            end += len(new) - (last - first)
        return text[begin:end].decode()


def as_python(value: Any, name: str) -> str:
    """Return a setting's value as Python writes it; raise `BadInput` for one that it cannot write."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {as_python(each, name)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        inner = "".join(f"{as_python(each, name)}, " for each in value)
        return f"({inner.strip()})" if isinstance(value, tuple) else f"[{inner.removesuffix(', ')}]"
    if value is None or isinstance(value, bool | int | float | str):
        plain = isinstance(value, str) and not {'"', "\\"} & set(repr(value))
        return f'"{value}"' if plain else repr(value)
    raise BadInput(WHERE, f"the setting {name} is a {type(value).__name__}, which cannot be written into a file")


def _class(name: str, bases: Sequence[str]) -> str:
    return f"class {name}({', '.join(bases)}):" if bases else f"class {name}:"


def _told(about: str) -> str:
    """Return a docstring below a setting."""
    lines = textwrap.wrap(about, WIDTH - 10)
    return textwrap.indent('"""' + "\n".join(lines) + ("\n" if len(lines) > 1 else "") + '"""', "    ")


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])


def is_told(statement: ast.stmt) -> bool:
    """Return whether a statement is a text about what stands above it."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _blank_before(source: Source, member: ast.stmt) -> bool:
    line = _first_line(member) - 1
    while source.lines[line].strip().startswith(b"#"):
        line -= 1
    return not source.lines[line].strip()


def _head_of(name: str, about: str) -> str:
    lines = textwrap.wrap(f"{name.replace('_', ' ')}: {about}", WIDTH - 2)
    return "\n".join([RULE, *(f"# {line}" for line in lines)])


def _spaced(parts: Sequence[str]) -> str:
    """Return definitions one below the other, two empty lines around classes and functions."""
    large = [part.startswith(("def ", "class ", "@", "async def ")) or "\ndef " in part for part in parts]
    between = ["\n\n\n" if one or other else "\n" for one, other in pairwise(large)]
    return "".join(text + space for text, space in zip(parts, [*between, "\n"], strict=True))


def _import_lines(wanted: Mapping[Import, str]) -> list[str]:
    plain, of = list[str](), dict[str, list[str]]()
    for what, name in sorted(wanted.items()):
        if what.attribute:
            of.setdefault(what.module, []).append(_as(what.attribute, name))
        else:
            plain.append(f"import {_as(what.module, name)}")
    return [*plain, *(f"from {module} import {', '.join(sorted(set(names)))}" for module, names in of.items())]


def _as(whole: str, name: str) -> str:
    return whole if whole == name else f"{whole} as {name}"
