"""What goes over a link: messages, each a line of JSON and as many bytes as it says; both sides read with limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

GREETING = b"metagen-host 1\n"
"""What the other side says first. Whatever a login shell prints before it is passed over."""
MOST_NOISE, MOST_LINE = 2**18, 2**21
MOST_BYTES = 2**26
"""Of one message."""
PIECE = 2**18
"""Bytes of a file that go over the link at a time: on a slow one, others wait for seconds, not minutes."""


class Torn(Exception):
    """The link has ended, or what comes over it is no message."""


def send(to: BinaryIO, said: Mapping[str, Any], data: bytes = b"") -> None:
    """Write a message; raise OSError if nobody takes it."""
    to.write(json.dumps({**said, "bytes": len(data)}).encode() + b"\n" + data)
    to.flush()


def receive(source: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Return the next message, an object and bytes; raise `Torn`."""
    try:
        line = source.readline(MOST_LINE)
        said = json.loads(line) if line.endswith(b"\n") else None
        count = said.pop("bytes") if isinstance(said, dict) else None
    except (OSError, ValueError, KeyError, RecursionError):
        raise Torn("no message") from None
    if said is None or type(count) is not int or not 0 <= count <= MOST_BYTES:
        raise Torn("no message" if line else "")
    data = source.read(count)
    if len(data) < count:
        raise Torn("")
    return said, data


def await_greeting(source: BinaryIO) -> None:
    """Read up to the greeting; raise `Torn` if it does not come."""
    passed = 0
    while passed < MOST_NOISE:
        line = source.readline(MOST_LINE)
        passed += len(line)
        if line.endswith(GREETING):  # after what a profile printed without an end of line, too
            return
        if not line:
            raise Torn("")
    raise Torn("no greeting")
