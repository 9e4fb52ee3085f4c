"""The page that adapts: in a real browser, without a network, what it makes is what the desktop makes."""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
from collections.abc import Callable
from html import escape
from pathlib import Path

import numpy as np
import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.exports import card, html
from metagen_gui.engine.exports.base import Order
from metagen_gui.engine.exports.writing import export
from metagen_gui.engine.graphs.functions import examples_for
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import CARD
from metagen_gui.engine.trained.export import initialization_of
from metagen_gui.engine.trained.trained_run import TrainedRun
from tests.engine.cells import EVERY, PAIRS, go_together, home
from tests.engine.exports.browser import CHROMIUM, browser
from tests.engine.languages.left import left_in_english
from tests.engine.small_runs import wait_until

NAMES = re.compile(r"\brun\b|MetaGen|ONNX Runtime Web")
NO_RUNTIME = "" if html.archive() else f"no ONNX Runtime Web here; this fetches it: {html.command()}"
with_runtime = pytest.mark.skipif(bool(NO_RUNTIME), reason=NO_RUNTIME)
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")


def trained(experiment: Experiment, folder: Path) -> Path:
    list(meta_train(experiment.with_value("training.meta_steps", 1), out=folder, previews=False))
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where runs and pages lie that tests only look at."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def paged(tiny: Callable[..., Experiment], kept: Path) -> Callable[..., tuple[Path, Path]]:
    """Return a run of one step and its page, made once."""

    def make(*plugins: str) -> tuple[Path, Path]:
        folder = kept / "-".join(plugins)
        if not folder.exists():
            folder.mkdir()
            export(Order(trained(tiny(*plugins), folder / "run"), folder / "page", "html"))
        return folder / "run", folder / "page.html"

    return make


@with_runtime
@in_a_browser
@pytest.mark.parametrize(("algorithm", "model"), PAIRS if EVERY else [("maml", "vae")])
def test_a_browser_adapts_as_the_desktop_does(
    paged: Callable[..., tuple[Path, Path]], tmp_path: Path, algorithm: str, model: str
) -> None:
    """Those that learn of pictures do so here, the others of points."""
    tasks = "strokes" if go_together(algorithm, model, "strokes") else home(model)
    run, page = paged(tasks, model, algorithm)
    learned = initialization_of(run).model
    with browser(tmp_path / "browser") as seen:
        seen.open(page)
        for count in (1, 10):
            support = examples_for(learned, count)
            given = json.dumps(support.flatten().tolist())
            ask = f"metagen.ready.then(() => metagen.adapt({given}, {count})).then((found) => [...found.data])"
            found = np.array(seen.evaluate(ask), np.float32).reshape(3, -1, *learned.spec.shape)
            adapted = learned.adapt(support).sample(found.shape[1]).numpy()
            np.testing.assert_allclose(found[-1], adapted, rtol=1e-4, atol=1e-4)
        # by the keys alone: the pen down, a stroke, and the drawing is an example; or a point
        for key in (*([" "] if tasks == "strokes" else []), *["ArrowRight"] * 3, "Enter"):
            seen.evaluate(f"pad.onkeydown(new KeyboardEvent('keydown', {{ key: {key!r}, cancelable: true }}))")
        assert seen.evaluate("Math.max(...examples[0])") > 0.1
        told = f"{len(found[0])} samples after 2 of 2 steps of adaptation to 1 example."
        wait_until(lambda: seen.evaluate("$('status').textContent") == told, 60)
        names = "[...document.querySelectorAll('button, input, canvas[tabindex], canvas[role]')].map((each) => "
        names += "each.getAttribute('aria-label') || each.textContent || (each.labels && each.labels[0]?.textContent))"
        assert all(seen.evaluate(names)), "no control without a name"
    text = page.read_text("utf-8")
    assert "Licensed under the MIT License" in text and "default-src 'none'" in text
    assert "http://" not in text.split('id="wasm"')[0] and 'src="' not in text.split('id="wasm"')[0]


@with_runtime
@in_a_browser
def test_whoever_reads_chinese_gets_the_page_in_chinese(
    paged: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    _, page = paged("strokes", "vae", "maml")
    with browser(tmp_path / "browser", "zh-Hant,zh-CN,en") as seen:
        seen.open(page)
        seen.evaluate("metagen.ready.then(() => others())")
        seen.evaluate("pad.onkeydown(new KeyboardEvent('keydown', { key: 'Enter', cancelable: true }))")
        assert seen.evaluate("document.documentElement.lang") == "zh-CN"
        shown = "[document.title, ...[...document.querySelectorAll('body *:not(script, pre)')].flatMap((each) => "
        shown += "[each.ariaLabel || '', each.children.length ? '' : each.textContent])]"
        told = seen.evaluate(shown)
        card = seen.evaluate("document.querySelector('pre').textContent")
    assert [text for text in told if re.search("[a-z]{3,}", NAMES.sub("", text))] == []
    assert "## 数据" in card and "- **Licence" not in card and "适应 1 个样例" in "".join(told)


def test_all_that_the_page_says_can_be_translated() -> None:
    script, page = ((html.resources_folder() / "page" / f"page.{kind}").read_text("utf-8") for kind in ("js", "html"))
    literals = re.findall(r'"[^"\n]*"|`[^`\n]*`', re.sub(r'\btr\("[^"]*"', "", script))
    assert [text for text in literals if re.search("[A-Za-z]{2,} [A-Za-z]{2,}", text)] == []
    left = [text for text in left_in_english(page.split("</style>")[1]) if "{{" not in text]
    assert len(left) > 10 and {*left, "Adapting…", "A pad to draw on"} <= {*html.texts()}


def test_what_a_run_is_called_is_text_in_the_page(
    tiny: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr(html, "archive", lambda: tmp_path)
    monkeypatch.setattr(html, "runtime", lambda: (b"/*! licence */", b"wasm"))
    run = trained(tiny(), tmp_path / os.fsdecode(b"x\xff<script>\n{{card}}"))
    page = export(Order(run, tmp_path / "page", "html")).place.read_text("utf-8")
    assert r"<title>x\xff&lt;script&gt;\n{{card}}: draw, adapt, sample</title>" in page


def test_the_card_in_the_page_is_that_beside_it_and_scored_for_once(
    tiny: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr(html, "archive", lambda: tmp_path)
    monkeypatch.setattr(html, "runtime", lambda: (b"/*! licence */", b"wasm"))
    scored = list[TrainedRun]()
    monkeypatch.setattr(card, "figures_of", lambda run: scored.append(run) or ["Not scored."])
    place = export(Order(trained(tiny(), tmp_path / "run"), tmp_path / "page", "html")).place
    beside = place.with_name(f"page.{CARD}").read_text("utf-8")
    assert "Not scored." in beside and escape(beside) in place.read_text("utf-8")
    assert len(scored) == 1


def archive_of(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as packed:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    return path


def test_a_runtime_of_other_making_is_refused_and_a_missing_one_names_the_command(
    tiny: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(tiny(), tmp_path / "run")
    broken = {
        archive_of(
            tmp_path / "other.tgz", {html.SCRIPT: b"evil()", html.WASM: b""}
        ): "ort.wasm.bundle.min.mjs is another",
        archive_of(tmp_path / "less.tgz", {}): r"not ONNX Runtime Web 1.30.0 \(KeyError\)",
        run / "experiment.json": r"not ONNX Runtime Web 1.30.0 \(ReadError\)",
        tmp_path
        / "none": "html: needs ONNX Runtime Web 1.30.0, once; this fetches it: npm pack onnxruntime-web@1.30.0",
    }
    for place, says in broken.items():
        monkeypatch.setenv("METAGEN_ONNXRUNTIME_WEB", str(place))
        with pytest.raises(BadInput, match=says) as refused:
            export(Order(run, tmp_path / "page", "html"))
        assert "\n" not in str(refused.value) and not (tmp_path / "page.html").exists()
