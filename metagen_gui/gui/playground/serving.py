"""What is computed for the playground, in one thread that stays: the latest order counts, and idle time is rivals'."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.data.spec import Array, DataSpec
from metagen_gui.engine.events import Snapshot
from metagen_gui.engine.play.drawn_task import MOST_PICTURES, MOST_POINTS
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.plain_text import printable
from metagen_gui.gui.program.engine_loader import undisturbed
from metagen_gui.gui.program.job import Job

if TYPE_CHECKING:
    from metagen_gui.engine.play.session import Session

CALM = 0.3
"""Seconds without an order before rivals are computed: they must not hold up the hand that draws."""


@dataclass(frozen=True)
class Order:
    """Something asked for; of one kind only the latest is done. `stamp` grows from order to order."""

    stamp: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class Open(Order):
    """Play with the run or export in `folder`."""

    folder: Path


@dataclass(frozen=True)
class Pick(Order):
    """Give the support of a held-out task."""

    index: int


@dataclass(frozen=True)
class Read(Order):
    """Give the pictures of files or folders as the model sees them."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, eq=False)
class Adapt(Order):
    """Adapt to `support` `(n, *shape)`, in as many steps as the run shows unless `steps` says."""

    support: Array
    steps: int | None = None


KINDS = (Open, Pick, Read, Adapt)
"""The kinds of orders in the order in which they are done."""


@dataclass(frozen=True)
class Ready:
    """A model is open: what data it is of, how many steps it takes, and what there is to say."""

    stamp: int
    folder: Path
    spec: DataSpec
    steps: int
    meta_step: int
    extent: tuple[float, float, float, float] | None
    curves: bool
    notices: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Given:
    """Examples that were asked for, and what they are called."""

    stamp: int
    support: Array
    name: str
    anew: bool = True
    """Whether they come in place of all there were."""
    notices: tuple[str, ...] = ()
    """What could not be read, and why."""
    left: int = 0
    """Files that were not looked at, since there is no room for what is in them."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Samples of one arm after every step, and which example each is nearest to `(steps, count)`."""

    stamp: int
    arm: str
    snapshot: Snapshot
    nearest: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lost:
    """An arm that has come to nothing: its adaptation diverged."""

    stamp: int
    arm: str


@dataclass(frozen=True)
class Trouble:
    """Why an order could not be done."""

    stamp: int
    sentence: str


class Inbox:
    """Orders on their way to the thread: of each kind the latest."""

    def __init__(self) -> None:
        self._waiting: dict[type[Order], Order] = {}
        self._filled = threading.Condition()
        self._closed = False

    def put(self, order: Order) -> None:
        """Take an order in place of an earlier one of its kind; a model that is opened makes all others void."""
        with self._filled:
            if isinstance(order, Open):
                self._waiting.clear()
            self._waiting[type(order)] = order
            self._filled.notify()

    def close(self) -> None:
        """Let whoever waits go on without an order."""
        with self._filled:
            self._closed = True
            self._filled.notify()

    def take(self, seconds: float | None = None) -> Order | None:
        """Wait for an order and return the one that comes first; None when time is over, or it is closed."""
        with self._filled:
            self._filled.wait_for(lambda: self._closed or bool(self._waiting), seconds)
            return next((self._waiting.pop(kind) for kind in KINDS if kind in self._waiting), None)


class Serving(Job):
    """The thread: does orders until it is stopped, and hands what comes of them to `take`."""

    def __init__(
        self, take: Callable[[Any], object], use_threads: Callable[[], object], roots: Callable[[], Sequence[Path]]
    ) -> None:
        """`roots` are the folders in which a jointly trained run may lie."""
        self.inbox = Inbox()
        super().__init__(partial(serve, self.inbox, roots), take, use_threads=use_threads)

    def stop(self) -> None:
        """End as soon as what is being computed is done."""
        super().stop()
        self.inbox.close()


def serve(inbox: Inbox, roots: Callable[[], Sequence[Path]]) -> Generator[Any, None, None]:
    """Yield what comes of the orders, and None where nothing does, so that the thread can be stopped."""
    session: Session | None = None
    rivals = Rivals()
    order: Order | None = Order()
    while True:
        order = inbox.take((0 if order is None else CALM) if rivals.wanting else None)
        try:
            if order is None:
                yield rivals.once()
            elif isinstance(order, Open):
                open_it = partial(opened, order)
                session, ready = undisturbed(open_it) if session is None else open_it()  # torch imports a lot then
                rivals = Rivals(session, roots)
                yield ready
            elif session is not None:
                yield carry_out(session, order)
                if isinstance(order, Adapt):
                    rivals.adapt_to(order)
        except BadInput as problem:
            yield Trouble(order.stamp if order else 0, str(problem))


def opened(order: Open) -> tuple[Session, Ready]:
    """Return a session on what an order names, warm: the first adaptation of a model takes longer than any other."""
    from metagen_gui.engine.play.opened import open_to_play
    from metagen_gui.engine.play.session import Session

    found = open_to_play(order.folder)
    session, spec = Session(found.model, found.family), found.model.spec
    if not (spec.has_pixels or spec.in_plane):
        raise BadInput(str(order.folder), f"there is no way to draw {spec.kind}")
    first = session.adapt(np.zeros((1, *spec.shape), np.float32))
    known = found.meta_step, first.extent, first.curves is not None, found.notices
    return session, Ready(order.stamp, order.folder, spec, session.steps, *known)


def carry_out(session: Session, order: Order) -> Given | Shown:
    """Return what comes of an order; raise `BadInput` where nothing can."""
    if isinstance(order, Pick):
        task = session.held_out(order.index)
        return Given(order.stamp, task.support[: MOST_PICTURES if session.model.spec.has_pixels else None], task.name)
    if isinstance(order, Read):
        return read(session, order)
    assert isinstance(order, Adapt)
    return shown(session, order, "learned")


def read(session: Session, order: Read) -> Given:
    """Return as many examples of the files as there is room for; raise `BadInput` of the first if there are none."""
    room, found = MOST_PICTURES if session.model.spec.has_pixels else MOST_POINTS, dict[str, Array]()
    notices, problems, left = list[str](), list[BadInput](), 0
    for path in order.paths:
        if room <= 0:
            left += 1
            continue
        name = printable(path.name)
        try:
            found[str(path)], told = session.family.read(path, name, room)
        except BadInput as problem:
            problems.append(problem)
        else:
            room -= len(found[str(path)])
            notices += told
    if not found:
        raise problems[0]
    notices += map(str, problems)
    examples, first = np.concatenate([*found.values()]), printable(Path(next(iter(found))).name)
    return Given(order.stamp, examples, first, anew=False, notices=tuple(notices), left=left)


def shown(session: Session, order: Adapt, arm: str) -> Shown:
    """Return samples of an arm, with the example that each is nearest to."""
    from metagen_gui.engine.play.session import nearest

    if order.steps is not None:
        session.take_steps(order.steps)
    snapshot = session.adapt(order.support)
    return Shown(order.stamp, arm, snapshot, nearest(snapshot.samples[0], snapshot.support[0]))


class Rivals:
    """What stands beside a session, made and adapted when there is time for it; and the session's rehearsals."""

    def __init__(self, session: Session | None = None, roots: Callable[[], Sequence[Path]] = tuple) -> None:
        self._session = session
        self._coming = iter(()) if session is None else self._all(session, roots)
        self._complete = self._rehearsed = session is None
        self._made: dict[str, Session] = {}
        self._order = Adapt(np.zeros(0, np.float32))
        self._behind = list[str]()
        self._begun = False

    @property
    def wanting(self) -> bool:
        """Whether there is something to do in idle time."""
        return self._begun and (bool(self._behind) or not self._complete or not self._rehearsed)

    def adapt_to(self, order: Adapt) -> None:
        """Let all of them adapt to what the session has adapted to, one after the other."""
        self._order, self._behind, self._begun = order, list(self._made), True
        self._rehearsed = False

    def once(self) -> Shown | Lost | None:
        """Do a little: let a rival adapt, or tune the next one, or rehearse; return what is new of a rival."""
        if self._behind:
            arm = self._behind.pop(0)
            try:
                return shown(self._made[arm], self._order, arm)
            except BadInput:
                return Lost(self._order.stamp, arm)
        if self._complete and self._session is not None:
            self._session.rehearse(self._order.support)
            self._rehearsed = True
            return None
        found = next(self._coming, None)
        if found is None:
            self._complete = True
        elif found[1] is not None:
            self._made[found[0]] = found[1]
            self._behind.append(found[0])
        return None

    def _all(self, session: Session, roots: Callable[[], Sequence[Path]]) -> Iterator[tuple[str, Session | None]]:
        from metagen_gui.engine.play.rivals import from_scratch, joint_run, jointly_trained

        yield from (("scratch", made) for made in from_scratch(session))
        joint = joint_run(session, roots())
        if joint is not None:
            yield from (("joint", made) for made in jointly_trained(session, joint))
