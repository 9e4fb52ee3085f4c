"""Gathers every text that a person can meet, and brings the catalogues in `resources/translations` up to date.

    make translations                          # gather, write, tell how many are not translated
    packaging/translations.py --check          # write nothing; status 1 where a catalogue is not complete
    packaging/translations.py --new pt_BR      # begin another language

Of the window these are the texts given to `tr` and to functions that hand theirs to `QCoreApplication.translate`; of
the engine and the commands all phrases, since what they say is translated where it is shown, and nothing is marked; of
plugins and presets whatever the registries and files know: labels, choices, help, pages.
"""

from __future__ import annotations

import argparse
import ast
import errno
import inspect
import itertools
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "metagen_gui"
FOLDER = ROOT / "resources" / "translations"
WINDOW = ("gui",)
SPEAKING = ("engine", "cli", "__main__.py")
SILENT = (
    "cli/evaluation_page.py",
    "engine/beneath_autograd",
    "engine/claims/report",
    "engine/exports/alone/file.py",
    "engine/exports/alone/pictures.py",
    "engine/exports/alone/program.py",
    "engine/exports/alone/tables.py",
    "engine/exports/alone/written_out.py",
    "engine/exports/card.py",
    "engine/exports/drawn",
    "engine/exports/figures.py",
    "engine/languages",
    "engine/pages",
)
"""Code, and pages that are written as files: those are in English, as all files of a run are."""
NOT_READ = {"formula", "symbol", "paper", "reference", "metavar", "phases", "object_name", "approximates", "gradient"}
"""Arguments and names that hold formulas and sources."""
NOT_SAID = {"TypeError", "KeyError", "AssertionError", "AttributeError", "compile", "NotImplementedError", "getLogger"}
"""Calls whose texts are for whoever mends the program."""
CITATION = re.compile(
    r"[A-Z][^.;]*( et al\.)?[^.:;]*\b(19|20)\d\d(, [A-Z][^.]*)?(, (section|algorithm|table|eq)\S* [\d. and]+)?"
)
PUNCTUATION = ("; ", ": ", ", ", ".", ":")
"""What the parts of a sentence are joined by (`engine/languages/sentences.py`)."""

OF_TYPER = (
    "Arguments",
    "Commands",
    "Options",
    "Show this message and exit.",
    "No such command {0}.",
    "No such option: {0}",
    "Missing argument {0}.",
    "Missing option {0}.",
    "Option {0} requires an argument.",
    "Got unexpected extra argument ({0})",
    "Invalid value for {0}: {1}",
    "{0} is not a valid integer.",
    "Input should be a valid integer, unable to parse string as an integer",
)
"""What the library of commands says."""
NOUNS = (
    "example",
    "step",
    "task",
    "outer step",
    "held-out task",
    "image",
    "picture",
    "class",
    "point",
    "table",
    "file",
)
COUNTED = [f"{{0}} {noun}" for one in NOUNS for noun in (one, f"{one}es" if one.endswith("s") else f"{one}s")]
"""What is counted in sentences, of which only the number and the word are put together."""
HEADINGS = (
    "Versions",
    "Memory",
    "Window",
    "run",
    "state",
    "what",
    "time",
    "note",
    "step",
    "median",
    "tasks",
    "diverged",
    "shots",
    "training",
)
"""Words that stand alone above columns and parts of what commands print."""
WORDS = ("nats", "confirmed", "refuted", "holds", "fails", "tasks", "groups", "classes", "alphabets")
"""Words that stand alone in sentences of the engine, where others of their kind are names."""
OF_SYSTEM = [os.strerror(number) for number in (errno.ENOENT, errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EISDIR)]
"""What the operating system says of files."""


def gather() -> dict[str, str]:
    """Return every text with where it is first met, in the order of files."""
    found: dict[str, str] = {}
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    helpers = {name for tree in trees.values() for name in _helpers(tree)} | {"tr"}
    for path, tree in trees.items():
        inside = path.relative_to(PACKAGE).as_posix()
        texts: Iterator[str] = iter(())
        if inside.startswith(WINDOW):
            texts = _marked(tree, helpers)
        elif inside.startswith(SPEAKING) and not inside.startswith(SILENT):
            texts = itertools.chain(_phrases(tree), _marked(tree, {"translated"}))
        for text in texts:
            found.setdefault(text, f"metagen_gui/{inside}")
    for where, text in itertools.chain(
        _of_plugins(),
        _of_presets(),
        (
            ("", text)
            for text in (
                *PUNCTUATION,
                *OF_TYPER,
                *OF_SYSTEM,
                *COUNTED,
                *HEADINGS,
                *WORDS,
                *(f"word\x04{word}" for word in WORDS),
            )
        ),
    ):
        found.setdefault(text, where)
    return {
        text: where
        for text, where in found.items()
        if any(map(str.isalpha, text.rpartition("\x04")[2])) or text in PUNCTUATION
    }


def _helpers(tree: ast.AST) -> Iterator[str]:
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


def _marked(tree: ast.AST, helpers: set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = node.args[:1] if _name(node) in helpers else node.args[1:2] if _name(node) == "translate" else []
            for part in itertools.chain.from_iterable(map(_walk_constants, given)):
                yield part.value


def _walk_constants(node: ast.AST) -> Iterator[ast.Constant]:
    """Yield the texts of an expression; what an f-string is made of are none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    elif not isinstance(node, ast.JoinedStr):
        yield from itertools.chain.from_iterable(map(_walk_constants, ast.iter_child_nodes(node)))


def _phrases(tree: ast.AST) -> Iterator[str]:
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
        yield from filter(_is_phrase, _templates(node))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_phrase(node.value):
        yield node.value
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


def _constant(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_phrase(text: str) -> bool:
    """Whether somebody reads this: words, not names, code or markup."""
    bare = re.sub(r"\{\w*\}", " ", text)
    if re.search(
        r"</?\w+[^>]*>|\[/?\w*\]|\.json|[a-z]\(|^[a-z_]+\.[a-z_]+$|^--|=\"|[∇∑Σ‖←]|[φα]_|N\(|^#|^!\[|\b\w+\.\w+\(", bare
    ):
        return False
    if CITATION.fullmatch(text):
        return False
    words = re.findall(r"[^\W\d_]{2,}", bare)
    return bool(words) and (len(words) > 1 or "{" in text) and " " in text


def _of_plugins() -> Iterator[tuple[str, str]]:
    from metagen_gui.engine.data.spec import KINDS
    from metagen_gui.engine.plugins import PLUGINS
    from metagen_gui.engine.settings.config import settings_of
    from metagen_gui.engine.training import TrainingSettings
    from metagen_gui.gui.teaching.pages.words import paragraphs

    yield from (("metagen_gui/engine/data/spec.py", f"word\x04{kind}") for kind in KINDS)
    yield from _of_settings(TrainingSettings, settings_of(TrainingSettings))
    for registry in PLUGINS.values():
        yield "plugins", registry.heading
        for _, plugin in registry.items():
            if not plugin.__module__.startswith("metagen_gui."):
                continue
            where = _file(plugin)
            yield where, plugin.title
            yield where, plugin.summary
            yield where, str(getattr(plugin, "unit", ""))
            for words in (getattr(plugin, "players", ()), getattr(plugin, "groups", ()), getattr(plugin, "adapts", ())):
                yield from ((where, f"name\x04{word}".replace("_", " ")) for word in words)
            for known in (getattr(plugin, "loss_is", None), getattr(plugin, "likelihood", None)):
                yield from ((where, str(getattr(known, name, ""))) for name in ("title", "unit", "about"))
            yield from ((where, paragraph) for paragraph, formulas in paragraphs(plugin) if not formulas)
            yield where, str(getattr(getattr(plugin, "formulas", None), "approximates", ""))
            if hasattr(plugin, "Settings"):
                yield from _of_settings(plugin.Settings, settings_of(plugin.Settings))


def _of_settings(config: type, settings: tuple) -> Iterator[tuple[str, str]]:
    where = _file(config)
    for setting in settings:
        yield where, setting.label
        yield where, setting.help
        yield where, f"word\x04{setting.unit}"
        yield from ((where, f"name\x04{setting.called(choice)}") for choice in setting.choices)


def _file(plugin: type) -> str:
    return Path(inspect.getfile(plugin)).relative_to(ROOT).as_posix()


def _of_presets() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "resources" / "presets").glob("*.json")):
        about = json.loads(path.read_text("utf-8"))["about"]
        yield from ((path.relative_to(ROOT).as_posix(), about[key]) for key in ("title", "text"))


def write(path: Path, remarks: str, head: str, texts: dict[str, str], known: dict[str, str]) -> None:
    """Write a catalogue: every text with its file, and its translation where there is one."""
    entries = [f'{remarks}msgid ""\nmsgstr ""\n{_lines(head)}\n']
    for where, group in itertools.groupby(sorted(texts, key=lambda text: (texts[text], text)), key=texts.__getitem__):
        for text in group:
            context, _, english = text.rpartition("\x04")
            place = [f"#: {where or 'everywhere'}", *([f'msgctxt "{context}"'] if context else [])]
            entries.append(
                "\n".join([*place, f"msgid {_quoted(english)}", f"msgstr {_quoted(known.get(text, ''))}", ""])
            )
    path.write_text("\n".join(entries), encoding="utf-8")


def _quoted(text: str) -> str:
    return '""\n' + _lines(text) if "\n" in text.rstrip("\n") else json.dumps(text, ensure_ascii=False)


def _lines(text: str) -> str:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in text.splitlines(keepends=True))


def faults(texts: dict[str, str], known: dict[str, str]) -> list[str]:
    """Return what is wrong with a catalogue, a line each: what is missing, what nobody says, holes that differ."""
    holes = re.compile(r"\{[^{}]*\}|%n|</?\w+")
    found = [f"not translated: {text!r} ({texts[text]})" for text in texts if not known.get(text)]
    found += [f"said nowhere: {text!r}" for text in known if text not in texts]
    for text, told in known.items():
        if told and sorted(holes.findall(text)) != sorted(holes.findall(told)):
            found.append(f"other holes: {text!r} as {told!r}")
    return found


def main() -> int:
    """Bring every catalogue up to date; return the status of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--new", metavar="LANGUAGE")
    asked = parser.parse_args()
    from metagen_gui.engine.languages.catalogue import read_entries

    texts = gather()
    if asked.new:
        (FOLDER / f"{asked.new}.po").touch()
    wrong = 0
    for path in sorted(FOLDER.glob("*.po")):
        before = path.read_text("utf-8")
        known = dict(read_entries(before))
        remarks = "".join(itertools.takewhile(lambda line: line.startswith("#"), before.splitlines(keepends=True)))
        head = (
            known.pop("", "")
            or f"Language: {path.stem}\nContent-Type: text/plain; charset=UTF-8\nX-Name: {path.stem}\n"
        )
        known |= {text: known.get(text) or known.get(text.rpartition("\x04")[2], "") for text in texts}
        if asked.check:
            lines = faults(texts, known)
        else:
            write(path, remarks, head, texts, known)
            lines = faults(texts, {text: told for text, told in known.items() if text in texts})
        wrong += len(lines)
        print(
            *lines,
            f"{path.name}: {len(texts)} texts, {sum(bool(known.get(text)) for text in texts)} translated",
            sep="\n",
        )
    return 1 if asked.check and wrong else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
