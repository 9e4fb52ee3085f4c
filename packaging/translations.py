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

sys.path.insert(0, str(Path(__file__).parent))

from texts_of_code import headings, marked, marking, phrases  # it lies beside this file, wherever that is run from

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "metagen_gui"
FOLDER = ROOT / "resources" / "translations"
WINDOW = ("gui",)
SPEAKING = ("engine", "cli", "__main__.py")
SILENT = (
    "engine/beneath_autograd",
    "engine/exports/alone/file.py",
    "engine/exports/alone/pictures.py",
    "engine/exports/alone/program.py",
    "engine/exports/alone/tables.py",
    "engine/exports/alone/written_out.py",
    "engine/languages",
    "engine/pages/drawing.py",
    "engine/pages/page.py",
)
"""Code, and programs that are written as files: those are in English, as all that programs read is."""
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
    "nat",
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
    *("adapts", "generalises", "collapses", "steady"),
    *("better", "worse", "unclear"),
    *("system", "threads"),
)
"""Words that stand alone above columns and parts of what commands print."""
WORDS = (
    *("nats", "confirmed", "refuted", "holds", "fails", "tasks", "groups", "classes", "alphabets"),
    *("recognizability", "diversity", "originality"),
)
"""Words that stand alone in sentences of the engine, where others of their kind are names."""
OF_SYSTEM = [os.strerror(number) for number in (errno.ENOENT, errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EISDIR)]
"""What the operating system says of files."""


def gather() -> dict[str, str]:
    """Return every text with where it is first met, in the order of files."""
    from metagen_gui.engine.exports.html import texts as texts_of_page

    found: dict[str, str] = {}
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    marks = {name for tree in trees.values() for name in marking(tree)} | {"tr"}
    for path, tree in trees.items():
        inside = path.relative_to(PACKAGE).as_posix()
        texts: Iterator[str] = iter(())
        if inside.startswith(WINDOW):
            texts = marked(tree, marks)
        elif inside.startswith(SPEAKING) and not inside.startswith(SILENT):
            texts = itertools.chain(phrases(tree), headings(tree), marked(tree, {"translated"}))
        for text in texts:
            found.setdefault(text, f"metagen_gui/{inside}")
    for where, text in itertools.chain(
        _of_plugins(),
        _of_presets(),
        (("resources/page", text) for text in texts_of_page()),
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
