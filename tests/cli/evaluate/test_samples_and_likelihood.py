"""`metagen evaluate` with samples measured beside landmarks, and with likelihood by shots: text, JSON and page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from metagen_gui.cli import main
from metagen_gui.engine.held_out import Request, choose_tasks, measures, score_by_shots
from metagen_gui.engine.languages.spoken import PSEUDO
from metagen_gui.engine.metrics.encoder import ImageEncoder
from metagen_gui.engine.metrics.encoder_training import EncoderSettings
from metagen_gui.engine.metrics.landmarks import LANDMARKS, REAL
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.trained_run import open_run
from tests.cli.evaluate.test_evaluate import Said, strictly, train
from tests.engine.languages.left import left_in_english


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    train(root / "vae", "strokes", "vae", "maml", model__width=6, tasks__size=16, algorithm__adaptation_steps=2)
    train(root / "gan", "densities", "gan", "fomaml", model__width=6, algorithm__adaptation_steps=1)
    return root


@pytest.fixture
def evaluate(runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Said]:
    """Run the command; the judge of images is one that has learned nothing."""
    monkeypatch.chdir(runs)

    def judge(family: object) -> ImageEncoder:
        encoder = ImageEncoder((1, 16, 16), EncoderSettings(channels=2, features=8))
        encoder.report = torch.tensor([0.875, 0.0125, 20, 5], dtype=torch.float64)
        return encoder

    real = measures.features_of
    monkeypatch.setattr(
        measures, "features_of", lambda family: judge(family) if family.spec.in_classes else real(family)
    )

    def run(words: str) -> Said:
        with pytest.raises(SystemExit) as end:
            main(["evaluate", *words.split()])
        return int(end.value.code or 0), *capsys.readouterr()

    return run


def test_samples_stand_beside_landmarks_and_the_judge_says_how_good_it_is(
    evaluate: Callable[[str], Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.html"
    status, out, err = evaluate(f"vae --tasks 3 --samples 6 --page {page}")
    assert (status, err) == (0, "") and max(map(len, out.splitlines())) <= 80
    said = " ".join(out.split())
    for part in ("step 0", "step 2", "Real examples", "Copies of the support", "Support, affine warps", "Noise"):
        assert part in said
    assert "Of 20 held-out ones, each known by 5 examples, it puts 87.5% ± 1.2% of real examples" in said
    told = page.read_text()
    assert told.count("<svg") == 2 and "87.5%" in told and "Blurred means" in told and "originality" in told
    monkeypatch.setenv("METAGEN_LANGUAGE", PSEUDO)
    found = strictly(evaluate(f"vae --tasks 3 --samples 6 --by-shots 0,2 --draws 3 --page {page} --json")[1])
    assert left_in_english(page.read_text()) == [], "what is for programs stays English, what is for people does not"
    assert found["samples"]["judge"] == {"accuracy": 0.875, "error": 0.0125, "ways": 20, "examples": 5}
    measured = {name: one["axis"] for name, one in found["samples"]["measures"].items()}
    assert measured["class_consistency"] == "recognizability" and measured["kid"] is None
    assert {measured["diversity"], measured["support_distance"]} == {"diversity", "originality"}
    assert [*found["samples"]["landmarks"]] == [REAL, *LANDMARKS]
    assert found["samples"]["landmarks"]["copies"]["support_distance"]["mean"] == 0
    steps = found["runs"][0]["samples"]
    assert [*steps] == ["0", "1", "2"] and set(steps["0"]) == set(measured)
    assert all(steps["2"][name]["tasks"] == 3 for name in measured)


def test_samples_of_points_have_no_landmarks_and_no_judge(evaluate: Callable[[str], Said]) -> None:
    status, out, _ = evaluate("gan --tasks 2 --samples 6 --json")
    found = strictly(out)["samples"]
    assert status == 0 and found["landmarks"] == {} and found["judge"] is None and "mmd2" in found["measures"]
    assert found["count"] == 256, "where samples cost nothing there are more"


def test_without_being_asked_neither_is_told(evaluate: Callable[[str], Said]) -> None:
    found = strictly(evaluate("vae --tasks 2 --json")[1])
    assert found["samples"] is None and found["runs"][0]["samples"] is None and found["runs"][0]["by_shots"] is None


def test_likelihood_by_shots_is_that_of_the_model_after_so_many_examples(
    evaluate: Callable[[str], Said], runs: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    found = strictly(evaluate(f"vae --tasks 2 --by-shots 0,2,5 --draws 3 --page {page} --json")[1])["runs"][0][
        "by_shots"
    ]
    assert (found["title"], found["exact"], found["draws"]) == ("Bound of −log p, 3 draws", False, 3)
    assert [*found["shots"]] == ["0", "2", "5"] and [*found["shots"]["2"]] == ["0", "2"]
    run = open_run(runs / "vae")
    algorithm, weights, family = run.model.algorithm, run.model.weights, run.family
    surprises = []
    for index in range(2):
        task = family.task("test", index, 5, 4)
        support, query = torch.from_numpy(task.support[:2]), torch.from_numpy(task.query)
        place = (index * 1_000 + 2) * 2
        noise = algorithm.adaptation_noise(generator_for(0, "evaluation", place), 1, 2, 2)
        path = algorithm.trajectory(weights, support, {name: value[0] for name, value in noise.items()}, 2)
        telling = algorithm.model.likelihood_noise(generator_for(0, "evaluation", place + 1), (1,), 4, 3)
        one = algorithm.model.log_likelihood(path[-1], query, {name: value[0] for name, value in telling.items()})
        surprises.append(-float(one.detach().mean()))
    assert found["shots"]["2"]["2"]["mean"] == pytest.approx(np.mean(surprises), rel=1e-5)
    assert found["shots"]["0"]["0"] == found["shots"]["0"]["2"], "without examples there is nothing to adapt to"
    told = page.read_text()
    assert "Bound of −log p, 3 draws" in told and "<polyline" in told and "shots</text>" in told
    said = " ".join(evaluate("vae --tasks 2 --by-shots 0,2 --draws 3")[1].split())
    assert "0 shots" in said and "2 shots" in said and "Bound of −log p, 3 draws, nats" in said


def test_more_draws_come_nearer_and_a_number_does_not_depend_on_which_others_are_asked_for(runs: Path) -> None:
    run = open_run(runs / "vae")

    def surprise(draws: int, *shots: int) -> float:
        request = Request(tasks=3, by_shots=shots, draws=draws)
        return score_by_shots(run, choose_tasks([run], request), request).summary(3, 2).mean

    few, many = surprise(1, 3), surprise(200, 3)
    assert many < few - 0.1
    assert surprise(1, 0, 3) == few


WRONG = {
    "vae --samples 2001": "samples: 2001 is not possible; 0 to 2,000 are",
    "vae --by-shots 0,x": "--by-shots: '0,x' is not a list of numbers of examples, as in 0,1,5",
    "vae --draws 9": "--draws: says how a likelihood is told; give --by-shots as well",
    "vae --by-shots 1 --draws 0": "draws: 0 is not possible; 1 to 100,000 are",
    "vae --tasks 2 --by-shots 500": "by shots: 500 and a query of 4: 500 shots and 4 query examples are 504 drawings",
    "gan --tasks 2 --by-shots 1": "by shots: GAN tells no likelihood",
    "vae --tasks 2 --samples 4 --support-draws 2": "samples, support draws: samples are measured after one draw",
    "vae --tasks 2 --page nowhere/page.html": "nowhere/page.html: No such file or directory",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_wrong_is_named_in_one_line(evaluate: Callable[[str], Said], words: str) -> None:
    status, out, err = evaluate(words)
    assert (status, out) == (2, "") and len(err.splitlines()) == 1 and WRONG[words] in err


def test_a_model_without_likelihood_is_refused(runs: Path) -> None:
    run = open_run(runs / "gan")
    request = Request(tasks=2, by_shots=(1,))
    with pytest.raises(BadInput, match="tells no likelihood"):
        score_by_shots(run, choose_tasks([run], request), request)
