"""The pages of what plugins and scripts import: every name of `metagen_gui.api` and `metagen_gui.testing`."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from textwrap import dedent
from types import ModuleType
from typing import Any

from building.markdown import line, prose
from metagen_gui import api, testing

OURS = "metagen_gui."


class _Said(str):
    """Text that stands in a signature as it is."""

    __repr__ = str.__str__


def interface_pages() -> Iterator[tuple[str, str]]:
    """Yield one page a module."""
    yield "api.md", "\n".join(_page("The interface for plugins and scripts", api))
    yield "testing.md", "\n".join(_page("The checks for plugins", testing))


def _page(title: str, module: ModuleType) -> Iterator[str]:
    yield f"# {title}\n\n`{module.__name__}`\n"
    yield from prose(module.__doc__ or "")
    for purpose, names in _by_purpose(module):
        if purpose:
            yield f"## {line(purpose)}\n"
        for name in names:
            yield f"{'###' if purpose else '##'} `{name}`\n"
            yield from _thing(name, getattr(module, name), module)


def _by_purpose(module: ModuleType) -> list[tuple[str, list[str]]]:
    """Return the names of `__all__` under the comments that stand above them there."""
    listed = inspect.getsource(module).partition("__all__")[2]
    parts: list[tuple[str, list[str]]] = [("", [])]
    for row in listed.split("\n"):
        if comment := re.match(r"^    # (.+)$", row):
            parts.append((comment[1][0].upper() + comment[1][1:], []))
        elif name := re.match(r'^    "(\w+)",', row):
            parts[-1][1].append(name[1])
    return [part for part in parts if part[1]]


def _thing(name: str, thing: Any, module: ModuleType) -> Iterator[str]:
    if inspect.isclass(thing):
        if not issubclass(thing, api.Config):  # its arguments are its settings
            yield f"```python\n{name}{_arguments(thing)}\n```\n"
        yield from prose(thing.__doc__ or "")
        told = _told(dedent(inspect.getsource(thing)), name) if thing.__module__.startswith(OURS) else {}
        for called in (one for one in {**told, **vars(thing)} if not one.startswith("_")):
            part = inspect.getattr_static(thing, called, None)
            routine = inspect.isroutine(getattr(thing, called, None))
            doc = inspect.getdoc(getattr(thing, called)) if routine or isinstance(part, property) else told.get(called)
            if doc:
                yield f"`.{called}{_arguments(getattr(thing, called)) if routine else ''}`\n: {_first(doc)}\n"
    elif inspect.isroutine(thing):
        yield f"```python\n{name}{_arguments(thing)}\n```\n"
        yield from prose(inspect.getdoc(thing) or "")
    elif doc := _told(inspect.getsource(importlib.import_module(_from(module)[name]))).get(name):
        yield from prose(doc)
    elif type(thing).__module__.startswith(OURS):
        yield f"{type(thing).__name__}: {line((inspect.getdoc(type(thing)) or '').partition(chr(10))[0])}\n"
    else:
        yield f"`{_short(str(thing))}`\n"


@cache
def _told(source: str, within: str = "") -> dict[str, str]:
    """Return the texts that stand below assignments of a source, or of the class `within` it, by what is assigned."""
    body: list[ast.stmt] = ast.parse(source).body
    if within:
        body = next(one.body for one in body if isinstance(one, ast.ClassDef) and one.name == within)
    found = {}
    for one, below in pairwise(body):
        targets = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            found |= {
                target.id: inspect.cleandoc(below.value.value) for target in targets if isinstance(target, ast.Name)
            }
    return found


@cache
def _from(module: ModuleType) -> dict[str, str]:
    """Return which module each name is imported from."""
    imports = (one for one in ast.parse(inspect.getsource(module)).body if isinstance(one, ast.ImportFrom))
    return {alias.name: str(one.module) for one in imports for alias in one.names}


def _arguments(thing: Any) -> str:
    try:
        signature = inspect.signature(thing)
    except (ValueError, TypeError):
        return ""
    given = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    empty = inspect.Parameter.empty
    shown = [
        one.replace(
            annotation=empty if one.annotation is empty else _Said(_short(_name(one.annotation))),
            default=one.default if one.default is empty or _simple(one.default) else _Said("..."),
        )
        for one in given
    ]
    returned = signature.return_annotation
    back = empty if returned is empty or inspect.isclass(thing) else _Said(_short(_name(returned)))
    return str(signature.replace(parameters=shown, return_annotation=back))


def _simple(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | tuple)


def _name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _short(name: str) -> str:
    return re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z])", "", name)


def _first(doc: str) -> str:
    return "\n  ".join("\n".join(paragraph.strip("\n") + "\n" for paragraph in prose(doc)).strip().split("\n"))
