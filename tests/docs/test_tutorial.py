"""Everything that the tutorial tells to type is typed, in its order, in one folder; so is the Python of its page."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from metagen_gui.cli import main
from tests.engine.queue.here import train_here

DOCS = Path(__file__).parents[2] / "docs"


def blocks_of(page: str) -> list[tuple[str, str]]:
    text = (DOCS / page).read_text("utf-8").replace("\\\n", " ")
    return re.findall(r"^```(sh|python|json)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.usefixtures("reading_here")
def test_what_the_tutorial_says_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train_here(monkeypatch)  # that runs in processes of their own are the same is proven by tests of claims
    monkeypatch.chdir(tmp_path)
    blocks = blocks_of("tutorial.md")
    assert [kind for kind, _ in blocks].count("sh") >= 5
    for kind, text in blocks:
        if kind == "json":
            Path("plan.json").write_text(text, encoding="utf-8")
        elif kind == "python":
            exec(compile(text, "tutorial.md", "exec"), {})
        for words in map(shlex.split, text.splitlines() if kind == "sh" else ()):
            assert words[0] == "metagen"
            with pytest.raises(SystemExit, match=r"^0$"):
                main(words[1:])
    said = " ".join(capsys.readouterr().out.split())
    assert "Adaptation helps" in said and "not shown" in said and "torch.Size([16, 1, 28, 28])" in said
    assert Path("evidence/report.html").is_file()


def test_the_python_of_the_pages_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for _, text in blocks_of("how-to/use-a-run-from-python.md"):
        exec(compile(text, "use-a-run-from-python.md", "exec"), {})
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("tensor([") and len(last.split(",")) == 2
