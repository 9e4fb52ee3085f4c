"""A browser without a window, driven over a pipe; with no way to any network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 180.0


class Browser:
    """One page, which is asked by expressions."""

    def __init__(self, read: int, write: int) -> None:
        self.read, self.write, self.asked, self.rest = read, write, 0, b""
        self.session = ""

    def open(self, page: Path) -> None:
        target = self.call("Target.createTarget", url=page.as_uri())["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        until = time.monotonic() + PATIENCE
        while self.evaluate("document.readyState === 'complete' && typeof window.metagen") != "object":
            assert time.monotonic() < until, "the page did not load"
            time.sleep(0.1)

    def evaluate(self, expression: str) -> Any:
        """Return what an expression comes to, once it is no promise any more."""
        done = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def call(self, method: str, **given: Any) -> Any:
        self.asked += 1
        told = {"id": self.asked, "method": method, "params": given}
        told |= {"sessionId": self.session} if self.session else {}
        os.write(self.write, json.dumps(told).encode() + b"\0")
        while True:
            while b"\0" not in self.rest:
                data = os.read(self.read, 2**20)
                assert data, "the browser is gone"
                self.rest += data
            line, _, self.rest = self.rest.partition(b"\0")
            answer = json.loads(line)
            if answer.get("id") == self.asked:
                assert "error" not in answer, answer
                return answer["result"]


@contextmanager
def browser(folder: Path, language: str = "en-US") -> Iterator[Browser]:
    """Start a browser whose own files lie in `folder`, of somebody who reads `language`."""
    assert CHROMIUM is not None
    to_it, from_us = os.pipe()
    to_us, from_it = os.pipe()
    words = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run"]
    words += [f"--accept-lang={language}"]
    words += [f"--user-data-dir={folder}", "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-dev-shm-usage"]
    script = f'exec "$@" 3<&{to_it} 4>&{from_it}'
    started = subprocess.Popen(
        ["bash", "-c", script, "bash", *words],
        pass_fds=(to_it, from_it),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_it)
    os.close(from_it)
    try:
        yield Browser(to_us, from_us)
    finally:
        with suppress(OSError):
            os.close(from_us)  # it ends with its pipe
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        os.close(to_us)
