"""A run from its experiment here to its last step at another machine: looked at, sent, started and followed."""

from __future__ import annotations

from collections.abc import Generator

from metagen_gui.engine.events import Event, Notice
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.hosts.following import Wishes, follow
from metagen_gui.engine.hosts.known import host_called
from metagen_gui.engine.hosts.link import Link, LinkLost
from metagen_gui.engine.hosts.preflight import look_at
from metagen_gui.engine.hosts.runs import start
from metagen_gui.engine.hosts.sending import data_of, send_data
from metagen_gui.engine.settings.bad_input import BadInput


class _Unwanted(Exception):
    """Nobody wants the run any more; it is not started."""


def train_there(experiment: Experiment, name: str, wishes: Wishes) -> Generator[Event, None, None]:
    """Start a run at the machine of that name and yield what it reports, as `follow` does.

    Raises `BadInput` that says what keeps it from being started there; it is not started if it is asked to finish
    before that.
    """

    def go_on(*so_far: int) -> None:
        if wishes.finishing or wishes.leaving:
            raise _Unwanted

    experiment.check()
    host = host_called(name)
    try:
        with Link(host) as link:
            link.refuse_other_version()
            path = data_of(experiment.document(complete=True))
            if path:
                yield Notice(f"Sending the data to {host.name}, but for what is there already.")
                send_data(link, path, go_on)
            yield Notice(f"Looking at {host.name}: version, device, memory, disk.")
            found = look_at(link, experiment.to_json(complete=True))
        for level, said, _ in found.lines:
            if level == "problem":
                raise BadInput(host.name, said)
        needs = f" A step needs {found.memory}." if found.memory else ""
        yield Notice(" ".join((f"It computes on {found.device} of {host.name}.{needs}", *found.notes)))
        go_on()
        folder = start(experiment, host)
    except LinkLost as error:
        raise BadInput(error.host, error.why) from None
    except _Unwanted:
        return
    yield from follow(folder, wishes)
