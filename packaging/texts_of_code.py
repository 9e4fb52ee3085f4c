"""Finds the texts in the syntax trees of Python files: those that are marked, and all that are phrases."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Iterator

NOT_READ = {"formula", "symbol", "paper", "reference", "metavar", "phases", "object_name", "approximates", "gradient"}
"""Arguments and names that hold formulas and sources."""
NOT_SAID = {"TypeError", "KeyError", "AssertionError", "AttributeError", "compile", "NotImplementedError", "getLogger"}
"""Calls whose texts are for whoever mends the program."""
TAG = re.compile(r"</?!?\w+[^>]*>")
HEADING = re.compile(r"[A-Z][a-z]+")
CITATION = re.compile(
    r"[A-Z][^.;]*( et al\.)?[^.:;]*\b(19|20)\d\d(, [A-Z][^.]*)?(, (section|algorithm|table|eq)\S* [\d. and]+)?"
)


def marking(tree: ast.AST) -> Iterator[str]:
    """Yield the functions that translate their argument, or mark it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and len(node.args.args) == 1:
            argument = node.args.args[0].arg
            for call in ast.walk(node):
                translates = isinstance(call, ast.Call) and _name(call) in ("translate", "QT_TRANSLATE_NOOP")
                if translates and any(getattr(given, "id", "") == argument for given in call.args):
                    yield node.name


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def marked(tree: ast.AST, marks: set[str]) -> Iterator[str]:
    """Yield what is given to functions of these names, and to Qt's `translate`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = node.args[:1] if _name(node) in marks else node.args[1:2] if _name(node) == "translate" else []
            for part in itertools.chain.from_iterable(map(_walk_constants, given)):
                yield part.value


def headings(tree: ast.AST) -> Iterator[str]:
    """Yield what is above columns and before items: what is called `header`, or given to `table` or `_item` first."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(getattr(one, "id", "").lower() == "header" for one in node.targets):
            yield from (part.value for part in _walk_constants(node.value))
    yield from marked(tree, {"table", "_item"})


def _walk_constants(node: ast.AST) -> Iterator[ast.Constant]:
    """Yield the texts of an expression; what an f-string is made of are none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    elif not isinstance(node, ast.JoinedStr):
        yield from itertools.chain.from_iterable(map(_walk_constants, ast.iter_child_nodes(node)))


def phrases(tree: ast.AST) -> Iterator[str]:
    """Yield texts of two words or more, and what commands say of themselves."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values if isinstance(part, ast.Constant)}
            skipped |= {id(part.format_spec) for part in node.values if isinstance(part, ast.FormattedValue)}
        elif isinstance(node, ast.Call):
            skipped |= {id(word.value) for word in node.keywords if word.arg in NOT_READ}
            if _name(node) in NOT_SAID:
                skipped |= {id(given) for given in node.args}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(getattr(target, "id", "") in NOT_READ for target in targets):
                skipped.add(id(node.value))
        elif isinstance(node, ast.Assert):
            skipped.add(id(node.msg))
        elif isinstance(node, ast.Dict):
            skipped |= {id(value) for key, value in zip(node.keys, node.values, strict=True) if _text(key) in NOT_READ}
        elif isinstance(node, ast.FunctionDef) and any("command" in ast.dump(one) for one in node.decorator_list):
            yield inspect.cleandoc(ast.get_docstring(node) or "")
    yield from _walk_phrases(tree, skipped)


def _walk_phrases(node: ast.AST, skipped: set[int]) -> Iterator[str]:
    if id(node) in skipped:
        return
    if isinstance(node, ast.JoinedStr):
        yield from itertools.chain.from_iterable(map(_between_tags, _templates(node)))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _between_tags(node.value)
    for child in ast.iter_child_nodes(node):
        yield from _walk_phrases(child, skipped)


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _templates(joined: ast.JoinedStr) -> Iterator[str]:
    """Yield an f-string as a template, `{0} of {1}`; once for each of the words that a condition chooses from."""
    parts: list[tuple[str | None, ...]] = []
    for part in joined.values:
        value = part.value if isinstance(part, ast.FormattedValue) else part
        if isinstance(part, ast.Constant):
            parts.append((str(part.value),))
        elif isinstance(value, ast.IfExp) and all(map(_constant, (value.body, value.orelse))):
            parts.append((_text(value.body), _text(value.orelse)))
        else:
            parts.append((None,))
    for chosen in itertools.product(*parts):
        number = itertools.count()
        yield "".join(f"{{{next(number)}}}" if part is None else part for part in chosen)


def _between_tags(text: str) -> Iterator[str]:
    """Yield a phrase, or, of a text with markup, phrases and headings between its tags; holes are counted anew."""
    for part in TAG.split(text) if TAG.search(text) else ():
        number = itertools.count()
        bare = re.sub(r"\{\d+\}", lambda _, number=number: f"{{{next(number)}}}", part.strip())
        if _is_phrase(bare) or HEADING.fullmatch(bare):
            yield bare
    if not TAG.search(text) and _is_phrase(text):
        yield text


def _constant(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_phrase(text: str) -> bool:
    """Whether somebody reads this: words, not names, code or markup."""
    bare = re.sub(r"\{\w*\}", " ", text)
    if text.startswith("metagen ") or re.search(
        r"\[/?\w*\]|\.json|[a-z]\(|^[a-z_]+\.[a-z_]+$|^--|=\"|[∇∑Σ‖←]|[φα]_|N\(|^#|^!\[|\b\w+\.\w+\(",
        bare,
    ):
        return False
    if CITATION.fullmatch(text):
        return False
    words = re.findall(r"[^\W\d_]{2,}", bare)
    return bool(words) and (len(words) > 1 or "{" in text) and " " in text
