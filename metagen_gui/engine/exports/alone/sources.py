"""Modules as text: what each defines and imports, and which names in a piece of it come from outside that piece."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from metagen_gui.engine.settings.bad_input import BadInput

WHERE = "python"
"""What a person is told of: the format."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
CAPTURES = (ast.MatchAs, ast.MatchStar)


class Import(NamedTuple):
    """What a name of a module stands for: a module, or `attribute` of it."""

    module: str
    attribute: str = ""


Located = ast.expr | ast.stmt | ast.keyword
"""What knows where it stands in its text."""


class Use(NamedTuple):
    """A name, or `module.name`, that is looked up outside of where it stands; `typing`: in an annotation only."""

    node: ast.Name | ast.Attribute
    typing: bool

    @property
    def name(self) -> str:
        """The name that is looked up first."""
        node = self.node.value if isinstance(self.node, ast.Attribute) else self.node
        assert isinstance(node, ast.Name)
        return node.id


@dataclass(frozen=True, eq=False)
class Source:
    """A module as its file has it; raises `BadInput` where there is no file to read."""

    name: str

    @cached_property
    def module(self) -> Any:
        """The module itself."""
        return importlib.import_module(self.name)

    @cached_property
    def text(self) -> bytes:
        """Its file."""
        spec = importlib.util.find_spec(self.name)
        find = getattr(spec.loader if spec else None, "get_source", None)
        source = find(self.name) if find else None
        if source is None:
            raise BadInput(WHERE, f"the source of {self.name} is not to be had, and the file would be made of it")
        return str(source).encode()

    @cached_property
    def tree(self) -> ast.Module:
        """What it says."""
        return ast.parse(self.text)

    @cached_property
    def lines(self) -> list[bytes]:
        """Its lines, the first at 1."""
        return [b"", *self.text.split(b"\n")]

    @cached_property
    def definitions(self) -> dict[str, list[ast.stmt]]:
        """The statements that make each of its own names, in order."""
        found = dict[str, list[ast.stmt]]()
        for statement in self.tree.body:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                for name in _made_by(statement):
                    found.setdefault(name, []).append(statement)
        return found

    @cached_property
    def imports(self) -> dict[str, Import]:
        """What its other names stand for."""
        return {name: what for statement in ast.walk(self.tree) for name, what in self._imported(statement)}

    def _imported(self, statement: ast.AST) -> Iterator[tuple[str, Import]]:
        if isinstance(statement, ast.Import):
            for one in statement.names:
                first = one.name.partition(".")[0]
                yield (one.asname, Import(one.name)) if one.asname else (first, Import(first))
        elif isinstance(statement, ast.ImportFrom):
            package = self.name if hasattr(self.module, "__path__") else self.name.rpartition(".")[0]
            module = importlib.util.resolve_name("." * statement.level + (statement.module or ""), package)
            for one in statement.names:
                yield one.asname or one.name, Import(module, one.name)

    def segment(self, node: Located) -> tuple[int, int]:
        """Return where the text of `node` begins and ends, in bytes."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._starts[node.lineno] + node.col_offset, self._starts[node.end_lineno] + node.end_col_offset

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [0], 0
        for line in self.lines[1:]:
            starts.append(at)
            at += len(line) + 1
        return starts

    def start_of_line(self, line: int) -> int:
        """Return where a line begins."""
        return self._starts[line]


def is_bare(name: str) -> bool:
    """Return whether a module is torch's or of Python itself, so that a file may import it."""
    return name.partition(".")[0] in ("torch", "PIL") or name.partition(".")[0] in sys.stdlib_module_names


def _made_by(statement: ast.AST) -> Iterator[str]:
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def uses(node: ast.AST, source: Source, bound: frozenset[str] = frozenset(), typing: bool = False) -> Iterator[Use]:
    """Yield the names in `node` that are looked up in its module."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id not in bound:
        yield Use(node, typing)
    elif isinstance(node, ast.Name):
        if node.id not in bound:
            yield Use(node, typing)
    elif isinstance(node, (*FUNCTIONS, ast.Lambda)):
        yield from _of_function(node, source, bound, typing)
    elif isinstance(node, ast.ClassDef):
        own = bound | {name for statement in node.body for name in _made_by(statement)}
        for outer in (*node.decorator_list, *node.bases, *node.keywords):
            yield from uses(outer, source, bound, typing)
        for statement in node.body:
            yield from uses(statement, source, bound if isinstance(statement, FUNCTIONS) else own, typing)
    elif isinstance(node, ast.AnnAssign):
        yield from uses(node.annotation, source, bound, True)
        for part in (node.target, node.value):
            if part is not None:
                yield from uses(part, source, bound, typing)
    elif isinstance(node, COMPREHENSIONS):
        own = bound | {name for each in node.generators for name in _stored(each.target)}
        for child in ast.iter_child_nodes(node):
            yield from uses(child, source, own, typing)
    else:
        for child in ast.iter_child_nodes(node):
            yield from uses(child, source, bound, typing)


def _of_function(node: Any, source: Source, bound: frozenset[str], typing: bool) -> Iterator[Use]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    arguments += [extra for extra in (node.args.vararg, node.args.kwarg) if extra]
    for outer in (*getattr(node, "decorator_list", ()), *node.args.defaults, *filter(None, node.args.kw_defaults)):
        yield from uses(outer, source, bound, typing)
    for told in (*(each.annotation for each in arguments), getattr(node, "returns", None)):
        if told is not None:
            yield from uses(told, source, bound, True)
    body = node.body if isinstance(node.body, list) else [node.body]
    own = bound | {each.arg for each in arguments} | {name for part in body for name in _stored(part)}
    for part in body:
        yield from uses(part, source, own, typing)


def _stored(node: ast.AST) -> Iterator[str]:
    """Yield the names that a piece of a function makes its own, but for those of functions within."""
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        yield node.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((one.asname or one.name).partition(".")[0] for one in node.names)
    elif isinstance(node, ast.Lambda):
        return
    elif isinstance(node, COMPREHENSIONS):
        yield from (part.target.id for part in ast.walk(node) if isinstance(part, ast.NamedExpr))
    else:
        if isinstance(node, (ast.ExceptHandler, *CAPTURES)) and node.name:
            yield node.name
        for child in ast.iter_child_nodes(node):
            yield from _stored(child)


def mentions(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield the attributes that a piece asks for, and its words that may name one; and whether it asks settings."""
    told = {id(part) for part in _docstrings(node)}
    for part in _computed(node):
        if isinstance(part, ast.Attribute):
            of = part.value
            yield part.attr, (of.id if isinstance(of, ast.Name) else getattr(of, "attr", "")) == "settings"
        elif isinstance(part, ast.Constant) and id(part) not in told and str(part.value).isidentifier():
            yield str(part.value), False


def _computed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield `node` and all within it but annotations."""
    yield node
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _computed(child)


def _docstrings(node: ast.AST) -> Iterator[ast.Constant]:
    for part in ast.walk(node):
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant):
            yield part.value
