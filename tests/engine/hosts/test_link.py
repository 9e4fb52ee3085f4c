"""A link: which machines there are, what is told where it does not come about, what the other side can do."""

from __future__ import annotations

import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from metagen_gui.engine.hosts.known import Host, add_host, checked_host, host_called, known_hosts, remove_host
from metagen_gui.engine.hosts.link import Link, LinkLost
from metagen_gui.engine.hosts.telling import Telling
from metagen_gui.engine.settings.bad_input import BadInput

HELLO = r"""printf 'metagen-host 1\n{"metagen": "9.9", "bytes": 0}\n'"""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for ssh: a shell script that is to be written."""
    path = tmp_path / "ssh that is none.sh"
    monkeypatch.setenv("METAGEN_SSH", f"sh {shlex.quote(str(path))}")
    return path


@pytest.mark.parametrize(
    "name",
    ["", "-oProxyCommand=evil", "a b", "$(evil)", "a;b", "a\nb", "a@-b", "@b", "here", "ä", "x" * 300, "a/b", "%h"],
)
def test_what_could_be_more_than_a_name_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="is no name of a machine"):
        checked_host(name)
    with pytest.raises(BadInput, match="is no name of a machine"):
        checked_host("fine", name or " ")


def test_machines_are_remembered_by_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    add_host(checked_host("desk", "me@10.0.0.7", "~/m/bin/metagen"))
    add_host(checked_host("gpu"))
    add_host(checked_host("desk", "me@desk.local"))
    assert [host.name for host in known_hosts()] == ["gpu", "desk"]
    assert host_called("desk").ssh == "me@desk.local" and host_called("other") == Host("other", "other")
    remove_host("gpu")
    with pytest.raises(BadInput, match="is none of the machines"):
        remove_host("gpu")
    (tmp_path / "metagen" / "hosts.json").write_text('{"hosts": [{"name": "-x", "ssh": "y", "command": ""}, 7]}')
    assert known_hosts() == []


def test_the_command_there_is_found_and_every_word_arrives_as_it_was(tmp_path: Path) -> None:
    command = tmp_path / "it's; a $HOME 'place'" / "meta gen"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\nprintf "[%s]" "$@"\n')
    command.chmod(stat.S_IRWXU)
    told = Host("x", "x", shlex.join([str(command), "a  b", "$(evil)"])).remote_words
    assert _said(told) == "[a  b][$(evil)][hosts][serve]"
    home = tmp_path / "home of"
    (home / ".venv" / "bin").mkdir(parents=True)
    (home / ".venv" / "bin" / "metagen").symlink_to(command)
    assert _said(Host("x", "x").remote_words, HOME=str(home), PATH="/usr/bin:/bin") == "[hosts][serve]"
    assert _said(Host("x", "x", "~/.venv/bin/metagen").remote_words, HOME=str(home)) == "[hosts][serve]"


def _said(words: str, **environment: str) -> str:
    environment = {"PATH": "/usr/bin:/bin", **environment}
    return subprocess.run(["sh", "-c", words], check=True, capture_output=True, text=True, env=environment).stdout


FAULTS = [
    ("echo 'me@x: Permission denied (publickey).' >&2; exit 255", "there does not accept your key; try: ssh there"),
    ("echo 'Host key verification failed.' >&2; exit 255", "there is not known to ssh, or is not the machine that was"),
    ("echo 'ssh: Could not resolve hostname there: x' >&2; exit 255", "there cannot be found: there is no machine of"),
    ("echo 'connect to host there port 22: Connection refused' >&2; exit 255", "there refuses connections"),
    ("echo 'connect to host there port 22: Connection timed out' >&2; exit 255", "there does not answer; try: ssh"),
    (
        "exit 127",
        "there has no metagen command where it was looked for; tell where it is: metagen hosts add there --comm",
    ),
    (
        "echo 'sh: 1: exec: /nowhere: not found' >&2; exec >&-; sleep 0.2; exit 127",
        "there has no metagen command where it was looked for",
    ),
    ("echo \"metagen: No such command 'hosts'.\" >&2; exit 2", "there has a MetaGen that is too old to be reached"),
    (r"printf '\033[2J\007evil\n' >&2; exit 3", r"there has ended the link (\x1b[2J\x07evil)"),
    ("exit 0", "there has ended the link"),
    ("sleep 100", "there has not answered for 1 s"),
    ("yes", "there has ended the link (no greeting)"),
    ("cat /dev/zero", "there has ended the link (no greeting)"),
    (r"""printf 'metagen-host 1\n{"bytes": 99999999999}\n'; sleep 9""", "there has ended the link (no message)"),
    (r"printf 'metagen-host 1\n[]\n'; sleep 9", "there has ended the link"),
    (r"printf 'metagen-host 1\n'; yes '[' | tr -d '\n'", "there has ended the link"),
]


@pytest.mark.parametrize(("script", "said"), FAULTS)
def test_what_keeps_a_link_from_coming_about_is_told_in_a_sentence(ssh: Path, script: str, said: str) -> None:
    ssh.write_text(script)
    with pytest.raises(LinkLost) as lost:
        Link(Host("there", "there"), connect=1.0 if script.startswith("sleep") else 30.0)
    assert str(lost.value).startswith(said) and str(lost.value).isprintable() and len(str(lost.value)) < 500


def test_what_a_profile_prints_is_passed_over_and_another_version_is_refused(ssh: Path) -> None:
    ssh.write_text(f"echo Welcome; printf 'no end of line'; {HELLO}; cat >/dev/null")
    with Link(Host("there", "there")) as link:
        assert link.version == "9.9"
        with pytest.raises(BadInput, match=r"there: has MetaGen 9\.9, this computer .*: install the same on both"):
            link.refuse_other_version()


def test_a_refusal_of_the_other_side_is_told_without_its_escapes(ssh: Path) -> None:
    ssh.write_text(rf"""{HELLO}; read x; printf '{{"refused": ["a\\u001b[2J", ["b"], 3], "bytes": 0}}\n'""")
    with Link(Host("there", "there")) as link, pytest.raises(BadInput) as refused:
        link.ask("tell")
    assert str(refused.value) == r"there: a\x1b[2J: ['b']"


def test_a_missing_ssh_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METAGEN_SSH", "/no/ssh")
    with pytest.raises(BadInput, match="ssh: cannot be started here: No such file"):
        Link(Host("there", "there"))


def test_whatever_stands_in_pulled_files_is_told_as_text_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(
        "meta_step,seconds,train/query_loss/vae,train/diverged,validation/query_loss/vae/0\n"
        "1,0.1,nan,0,\nevil,,,,\n2,0.2,1e999,0,\n99999999999999999999,0,1,0,\n3,0.3,0.5,1e40,\n"
    )
    (tmp_path / "events.jsonl").write_text(
        '{"meta_step": 1, "event": "notice", "text": "\\u001b[2Jx"}\n[]\n{"meta_step": 1e999}\n{"event": []}\n'
        + "[" * 100_000 + "\n"
    )  # fmt: skip
    told = list(Telling(tmp_path).news())
    assert [type(event).__name__ for event in told] == ["RunStarted"]
    telling = Telling(tmp_path)
    telling.started = told[0]  # type: ignore[assignment]
    news = [event.text for event in telling.news() if hasattr(event, "text")]
    assert news == [r"\x1b[2Jx"]


def test_what_was_cut_off_and_written_once_more_is_not_told_twice(tmp_path: Path) -> None:
    def write(steps: int, *notices: str) -> None:
        rows = "".join(f"{step},0.1,{step}.5,0,\n" for step in range(1, steps + 1))
        head = "meta_step,seconds,train/query_loss/vae,train/diverged,validation/query_loss/vae/0\n"
        for name, text in (
            ("metrics.csv", head + rows),
            ("events.jsonl", "".join(f'{{"meta_step": 1, "event": "notice", "text": "{text}"}}\n' for text in notices)),
        ):
            (tmp_path / "new").write_text(text)
            (tmp_path / "new").replace(tmp_path / name)

    write(2, "before")
    telling = Telling(tmp_path)
    assert [type(event).__name__ for event in telling.news()] == ["RunStarted"]
    with (tmp_path / "metrics.csv").open("a") as file:
        file.write("3,0.1,3.5,0,\n4,0.")
    assert [event.meta_step for event in telling.news()] == [3]  # type: ignore[union-attr]
    write(5, "before", "resumed, as a longer line tells")
    told = list(telling.news())
    assert [getattr(event, "text", event.meta_step) for event in told] == [  # type: ignore[union-attr]
        "resumed, as a longer line tells", 4, 5,
    ]  # fmt: skip
    assert list(telling.news()) == []


def test_the_other_side_needs_no_torch_to_answer() -> None:
    script = "import sys, metagen_gui.engine.hosts.served; assert not {'torch', 'PySide6'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
