"""Where a class goes that a run knew, once its pictures are others."""

from __future__ import annotations

import pytest

from metagen_gui.engine.data.image_files.given_split import Part
from metagen_gui.engine.data.image_files.kept_streams import KeptStreams
from metagen_gui.engine.data.image_files.layout import ImageClass, Layout


@pytest.mark.parametrize(
    ("kept", "goes"),
    [
        (("train", "test"), "train"),
        (("test", "train"), "train"),
        (("validation", "test"), "validation"),
        (("test",), "test"),
    ],
)
def test_a_class_of_several_streams_goes_to_what_is_trained_on(kept: tuple[Part, ...], goes: Part) -> None:
    """Its pictures are not those of any of them, and it now stands in a stream where it never was."""
    streams = {part: {"cat": {"count": 3, "digest": f"of {part}"}} for part in kept}
    now: Part = "test" if "test" not in kept else "validation" if "validation" not in kept else "train"
    layout = Layout({"train": (), "validation": (), "test": ()}, given=True, grouped=False)
    layout = layout.dealt({part: [ImageClass("cat", ".", (0,))] if part == now else [] for part in layout.streams})
    recalled, told = KeptStreams.read({"rule": "by name", "streams": streams}).recall(layout, lambda one: "other", True)
    assert {part: [one.name for one in classes] for part, classes in recalled.streams.items() if classes} == {
        goes: ["cat"]
    }
    assert "1 class has other pictures" in told
