"""`metagen bench gmn`: the protocol on drawings made here, for runs and for experiments trained on the spot."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from metagen_gui.cli import main
from metagen_gui.engine.bench import gmn
from metagen_gui.engine.bench.drawings import read_drawings
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out import ByShots
from metagen_gui.engine.models.base import Likelihood
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.trained_run import open_run
from tests.cli.evaluate.test_evaluate import Said, strictly, train

DRAWN = 6
SMALL = {"tasks.size": 16, "model.width": 6, "training.meta_steps": 1, "training.shots": 2, "training.query_size": 2}


def draw(root: Path, alphabets: int, seed: int) -> Path:
    """Write `alphabets` folders of three characters, dark on light, six drawings each."""
    random = np.random.default_rng(seed)
    for alphabet in range(alphabets):
        for character in range(3):
            folder = root / f"alphabet {seed}{alphabet}" / f"character {character}"
            folder.mkdir(parents=True)
            pattern = np.kron(random.random((4, 4)) > 0.7, np.ones((4, 4)))
            for number in range(DRAWN):
                ink = np.clip(pattern + (random.random((16, 16)) > 0.95), 0, 1)
                Image.fromarray((255 * (1 - ink)).astype(np.uint8)).save(folder / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bench")
    draw(root / "train", 5, 1)
    draw(root / "test", 2, 2)
    shutil.copytree(root / "train" / "alphabet 10", root / "both" / "alphabet 10")
    experiment = Experiment("images", "vae", "maml")
    for path, value in SMALL.items():
        experiment = experiment.with_value(path, value)
    (root / "experiment.json").write_text(experiment.to_json())
    given = {path.replace(".", "__"): value for path, value in SMALL.items()}
    train(root / "run", "images", "vae", "maml", **given, tasks__path=str(root / "train"), tasks__pixels="binary")
    train(root / "gan", "densities", "gan", "fomaml", model__width=6)
    return root


@pytest.fixture
def bench(there: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Said]:
    monkeypatch.chdir(there)

    def run(words: str) -> Said:
        with pytest.raises(SystemExit) as end:
            main(["bench", "gmn", *words.split()])
        return int(end.value.code or 0), *capsys.readouterr()

    return run


def test_every_drawing_is_told_after_those_before_it(bench: Callable[[str], Said], there: Path) -> None:
    """By hand: the figures of step 0 at 2 shots are −log p of the third drawing of every set."""
    status, out, err = bench("--train train --test test run --draws 4 --json")
    found = strictly(out)
    assert (status, err, found["version"]) == (0, "", 1)
    protocol = {"train": "train", "test": "test", "classes": 6, "groups": 2, "orders": 1, "shots": [0, 1, 2, 3, 4]}
    assert found["protocol"] == protocol
    (one,) = found["runs"]
    assert (one["title"], one["exact"], one["draws"]) == ("Bound of −log p, 4 draws", False, 4)
    run = open_run(there / "run")
    drawings = [read_drawings(there / name, (1, 16, 16), "--test") for name in ("test", "train")]
    sets = gmn.sets_of(*drawings, 1, 0)
    assert sets.images.shape == (6, DRAWN, 1, 16, 16) and set(np.unique(sets.images)) == {0.0, 1.0}
    assert sets.images.mean() < 0.5, "ink is 1"
    model, params = run.model.algorithm.model, run.model.algorithm.initialization(run.model.weights)
    exact = {"z": torch.randn(400, 1, 8, generator=torch.Generator().manual_seed(0))}
    surprises = [-float(model.log_likelihood(params, torch.from_numpy(one[2:3]), exact)) for one in sets.images]
    assert one["nats"]["0"]["2"]["mean"] == pytest.approx(np.mean(surprises), rel=0.05)
    assert one["nats"]["0"]["2"]["tasks"] == 6 and one["nats"]["0"]["2"]["groups"] == 6
    steps = str(run.model.algorithm.steps)
    assert [*one["nats"]] == ["0", steps] and one["nats"][steps]["0"] == one["nats"]["0"]["0"]
    assert one["nats"][steps]["4"] != one["nats"]["0"]["4"]
    assert found["published"][0]["nats"]["4"] == 74.2 and found["published"][1]["nats"]["9"] == 80.3


def test_orders_shuffle_every_class_and_are_the_same_from_the_same_seed(there: Path) -> None:
    drawings = [read_drawings(there / name, (1, 16, 16), "--test") for name in ("test", "train")]
    sets, again = (gmn.sets_of(*drawings, 3, 0) for _ in range(2))
    assert np.array_equal(sets.images, again.images) and len(sets.names) == 18 and sets.names[0] == sets.names[2]
    first, second = sets.images[0], sets.images[1]
    assert not np.array_equal(first, second)
    assert sorted(one.tobytes() for one in first) == sorted(one.tobytes() for one in second)
    assert {*sets.groups} == {"alphabet 20", "alphabet 21"}


def test_an_experiment_is_trained_on_the_spot_and_a_page_shows_all(
    bench: Callable[[str], Said], tmp_path: Path
) -> None:
    page, out = tmp_path / "page.html", tmp_path / "out"
    words = f"--train train --test test experiment.json run --draws 2 --out {out} --page {page}"
    status, said, _ = bench(words)
    assert status == 0 and "Generative Matching Networks (published)" in said and "74.2" in said
    assert "run less out, adapted, class by class, in nats: " in " ".join(said.split())
    assert max(map(len, said.splitlines())) <= 80
    trained = open_run(out).experiment.config("tasks")
    assert Path(trained.path).name == "train" and trained.pixels == "binary"
    told = page.read_text()
    assert "the same with averaging" in told and told.count("<polyline") == 6 and "out: MAML" in told


def test_runs_are_compared_class_by_class_with_intervals_over_what_these_lie_in() -> None:
    likelihood = Likelihood(exact=True)
    values = np.random.default_rng(0).normal(90, 9, (2, 2, 8))
    other = values - np.array([[[1.0], [4.0]]]) - 0.1 * np.arange(8)
    other[1, 1, 7] = np.nan
    names = tuple(f"{place // 4}/{place}" for place in range(8))
    sets = gmn.Sets(np.zeros((8, 2, 1, 4, 4), np.float32), names, tuple(name[0] for name in names))
    one, two = (ByShots((0, 4), (0, 3), each, likelihood, names) for each in (values, other))
    found = gmn.apart(two, one, sets)
    assert found[0].mean == pytest.approx(-1 - 0.35) and (found[0].groups, found[0].lower) == (2, 8)
    assert found[4].mean == pytest.approx(-4 - 0.3) and found[4].tasks == 7, "what has diverged in either is left out"


WRONG = {
    "--train train --test both run": "'character 0' is in train as well",
    "--train train --test train run": "run: was trained on",
    "--train train --test test gan": "gan: was trained on points, not on pictures",
    "--train nowhere --test test run": "--train: ",
    "--train train --test nowhere run": "--test: ",
    "--train train --test test run --draws 0": "--draws: 0 is not possible; 1 to 100000 are",
    "--train train --test test nowhere.json": "nowhere.json",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_wrong_is_named_in_one_line(bench: Callable[[str], Said], words: str) -> None:
    status, out, err = bench(words)
    lines = [line for line in err.splitlines() if not line.startswith("Note:")]
    assert (status, out, len(lines)) == (2, "", 1) and WRONG[words] in lines[0]


def test_a_run_on_other_data_is_told_of(bench: Callable[[str], Said], there: Path, tmp_path: Path) -> None:
    draw(tmp_path / "more", 5, 3)
    status, _, err = bench(f"--train {tmp_path / 'more'} --test test run --draws 1 --json")
    assert status == 0 and err.startswith("Note: run: trained on ") and len(err.splitlines()) == 1


def test_classes_of_one_drawing_are_none(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    Image.fromarray(np.zeros((16, 16), np.uint8)).save(folder / "only.png")
    with pytest.raises(BadInput, match="has no class of two drawings"):
        read_drawings(tmp_path, (1, 16, 16), "--test")


def test_bench_of_nothing_shows_its_help_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench"])
    said = capsys.readouterr()
    assert ended.value.code == 2 and "gmn" in said.out and not said.err.strip()
