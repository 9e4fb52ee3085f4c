"""The tester's sentences: what cannot be used is named so that it can be found."""

from __future__ import annotations

from pathlib import Path

from metagen_gui.gui.claims.words import problem_sentence


def test_settings_are_named_in_words_and_paths_as_they_are(tmp_path: Path) -> None:
    assert problem_sentence("plan.query_size", "too many") == "Query size: too many"
    assert problem_sentence("plan", "too many") == "Too many"
    file = str(tmp_path / "my_tests" / "report.html")
    assert problem_sentence(file, "No space left on device") == f"{file}: No space left on device"
