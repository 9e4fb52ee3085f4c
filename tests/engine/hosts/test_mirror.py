"""The copy of a run that lies elsewhere: bit for bit the same, good at every moment, and safe from whoever sends it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from metagen_gui.engine.hosts import mirror as mirror_file
from metagen_gui.engine.hosts.link import LinkLost
from metagen_gui.engine.hosts.mirror import Mirror
from metagen_gui.engine.hosts.run_files import files_in
from metagen_gui.engine.queue.line import Line
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import manifests, read_checkpoint
from tests.engine.hosts.stand_ins import DOCUMENT, TICKET, DirectLink, Liar, save, write_run


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A run of five steps at a machine whose data is in `there`."""
    run = tmp_path / "there" / "metagen" / "runs" / "run"
    write_run(run, 5)
    Line(tmp_path / "there" / "metagen" / "queue").add(DOCUMENT, json.dumps(DOCUMENT), "run", run, ticket=TICKET)
    return run


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def link_to(run: Path, cut_at: int | None = None) -> Any:
    return DirectLink(run.parents[2], cut_at)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


def fetch(here: Path, link: Any) -> None:
    for _ in Mirror(here, TICKET).complete(link):
        pass


def test_what_is_fetched_is_bit_for_bit_what_is_there_and_fetched_once(there: Path, here: Path) -> None:
    (there / "evil.sh").write_text("not a run's")
    (there / "samples" / "step-00000009.npz").symlink_to("/etc/passwd")
    fetch(here, link_to(there))
    assert contents(here) == contents(there) and len(contents(here)) == 18
    assert {path.name for path in here.rglob("*") if path.is_file()} == {Path(name).name for name in files_in(there)}
    link = link_to(there)
    fetch(here, link)
    assert link.asked == 4  # the list, two that grow, and the digests


def test_cut_anywhere_it_holds_only_what_is_sound_and_comes_to_its_end_another_time(there: Path, here: Path) -> None:
    whole = link_to(there)
    fetch(here, whole)
    for cut in range(1, whole.asked + 1, 2):
        shutil.rmtree(here)
        here.mkdir()
        with pytest.raises(LinkLost):
            fetch(here, link_to(there, cut))
        assert all(read_checkpoint(path, whole=True) for path in manifests(here / "checkpoints"))
        again = link_to(there)
        fetch(here, again)
        assert contents(here) == contents(there)
        assert again.asked + cut <= whole.asked + 8  # what had come was not fetched once more


def test_a_file_goes_on_where_the_link_was_cut(there: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metagen_gui.engine.hosts.served.PIECE", 1000)
    link = link_to(there)
    fetch(here, link)
    pieces = link.asked
    shutil.rmtree(here)
    here.mkdir()
    asked = 0
    for _ in range(pieces):
        link = link_to(there, 8)
        try:
            fetch(here, link)
        except LinkLost:
            asked += link.asked
            continue
        break
    assert contents(here) == contents(there) and asked > pieces / 2


def test_what_was_cut_off_and_grew_again_is_fetched_anew(there: Path, here: Path) -> None:
    fetch(here, link_to(there))
    write_run(there, 4)
    with (there / "metrics.csv").open("a") as file:
        file.write("5,9.999,0,5.5\n6,10.0,0,6.5\n")
    save(there, 6)
    fetch(here, link_to(there))
    assert contents(here) == contents(there)


def test_older_checkpoints_go_when_the_newer_ones_are_here(there: Path, here: Path) -> None:
    fetch(here, link_to(there))
    for step in (6, 7):
        save(there, step)
    fetch(here, link_to(there))
    assert [path.stem for path in manifests(here / "checkpoints")] == [f"step-{step:08d}" for step in (5, 6, 7)]


def test_what_was_lost_there_is_not_lost_here(there: Path, here: Path) -> None:
    fetch(here, link_to(there))
    before = contents(here)
    shutil.rmtree(there / "checkpoints")
    (there / "metrics.csv").unlink()
    with pytest.raises(BadInput, match="does not become what there holds"):
        fetch(here, link_to(there))
    assert contents(here) == before


def test_a_flipped_bit_on_the_way_is_no_checkpoint(there: Path, here: Path) -> None:
    honest = link_to(there)

    def read(said: Any) -> Any:
        answer, data = honest.ask("read", **said)
        flipped = said["name"].endswith("step-00000005.safetensors")
        return answer, data[:-1] + bytes([data[-1] ^ 1]) if flipped and data else data

    asked = {name: lambda said, name=name: honest.ask(name, **said) for name in ("files", "grow", "digests")}
    link: Any = Liar(read=read, **asked)
    mirror = Mirror(here, TICKET)
    mirror.look(link)
    steps = [step for step in mirror.take_checkpoints(link) if step is not None]
    assert steps == [4, 3] and not (here / "checkpoints" / "step-00000005.json").exists()


NAMES: list[Any] = [
    "../evil", "/etc/evil", "checkpoints/../../evil", "checkpoints/step-00000001.json/../../../evil", ".bashrc", "",
    "run.lock", "elsewhere.json", "about.json", "samples/step-00000001.npz\n", "samples/step-٠٠٠٠٠٠٠١.npz", 7, None,
    "samples\\evil", ["metrics.csv"], "checkpoints/evil.json", "checkpoints/step-00000001.json.tmp-1", "x" * 100_000,
]  # fmt: skip


def test_names_of_other_making_lead_nowhere(here: Path) -> None:
    listed = [[name, 5, 10**18] for name in NAMES] + [["state.json", 2**40, 1], ["state.json", -1, 1], ["data.json", 1]]
    link: Any = Liar(files=listed, read=({"size": 5, "when": 10**18}, b"evil!"), grow=({"none": True}, b""), digests={})
    mirror = Mirror(here, TICKET)
    mirror.look(link)
    assert mirror.lacking() == []
    assert [*mirror.take_samples(link), *mirror.take_checkpoints(link)] == []
    assert list(here.parent.rglob("*")) == [here]


@pytest.mark.parametrize(
    "said", [b"{", b"[" * 100_000, b"7", b'{"a": 1}', b"[[[]]]", b"\xff", b'[["metrics.csv", 1e99, ""]]']
)
def test_a_list_that_is_none_is_a_cut_link_or_nothing(here: Path, said: bytes) -> None:
    link: Any = Liar(files=({}, said), digests=({}, said))
    mirror = Mirror(here, TICKET)
    try:
        mirror.look(link)
    except LinkLost as error:
        assert str(error) == "liar has sent something that cannot be read"
    assert mirror.lacking() == []


def test_links_here_are_not_written_through(there: Path, here: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "metrics.csv").write_text("mine")
    (here / "metrics.csv").symlink_to(outside / "metrics.csv")
    (here / "checkpoints").symlink_to(outside)
    with pytest.raises(BadInput, match="is a link"):
        fetch(here, link_to(there))
    assert (outside / "metrics.csv").read_text() == "mine" and len(list(outside.iterdir())) == 1


def test_more_than_any_such_file_has_is_not_taken(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_file, "limit_of", lambda name: 1000)
    endless: Any = Liar(read=({"size": 900, "when": 5}, b"x" * 400))
    mirror = Mirror(here, TICKET)
    mirror._there = {"state.json": (900, 5)}
    with pytest.raises(LinkLost, match="sends more than"):
        list(mirror._fetch(endless, "state.json"))
    assert not (here / "state.json").exists()


def test_a_full_disk_here_is_told(there: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_file, "RESERVE", 2**62)
    with pytest.raises(BadInput, match="the disk here is nearly full"):
        fetch(here, link_to(there))
