"""What a person gave cannot be used: said in one line that names it. It needs nothing, so that anybody can say it."""

from __future__ import annotations


class BadInput(ValueError):
    """What a person gave cannot be used. `where` names it (`algorithm.inner_lr`, a file), `why` says it in one line."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why
