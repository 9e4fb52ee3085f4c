"""What metrics of samples and watchers of a run promise."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from metagen_gui.engine.events import Alarm, Event
from metagen_gui.engine.health.base import Detector
from metagen_gui.engine.metrics.base import Context, Metric
from metagen_gui.engine.metrics.distances import Values
from metagen_gui.testing.promises import check_words, must, must_equal


def normal_density(points: Values) -> Values:
    """Return log N(points; 0, I) of points `(n, 2)`, in nats."""
    return np.asarray(-0.5 * np.square(points).sum(axis=1) - math.log(2 * math.pi), dtype=np.float64)


CONTEXTS: Mapping[str, Context] = {
    "points": Context("points"),
    "modes": Context("points", modes=np.zeros((1, 2)), mode_width=1.0, log_density=normal_density),
    "images": Context("images"),
    "classes": Context("images", other_classes=8 + np.random.default_rng(9).standard_normal((19, 10, 2))),
}
"""What may be known of a task whose examples are standard normal in the plane."""


def check_metric(metric: Metric) -> None:
    """Check that a metric prefers the true law to one that is neither there nor as wide, and when it gives no figure.

    Raise `AssertionError` on a broken promise.
    """
    check_words(type(metric))
    context = next((known for known in CONTEXTS.values() if metric.applies(known)), None)
    must(context is not None, "a metric applies to points, images, or what may be known of them")
    assert context is not None
    random = np.random.default_rng(0)
    query, support, good = (random.standard_normal((count, 2)) for count in (100, 5, 100))
    bad = 4.5 + 0.2 * random.standard_normal((100, 2))
    kept = metric.shortfall(metric.score(query, support, good, context))
    must(kept < metric.shortfall(metric.score(query, support, bad, context)), "samples of the true law are better")
    must(math.isnan(metric.score(query, support, np.full((100, 2), np.nan), context)), "samples of NaN have no figure")
    few = metric.score(query[: metric.least], support, query[4 : 4 + metric.least], context)
    must(math.isfinite(few), f"{metric.least} examples on each side are enough")
    fewer = metric.score(query, support, query[: metric.least - 1], context)
    must(math.isnan(fewer), "fewer examples than it needs have no figure")


def check_detector(detector: type[Detector], events: Sequence[Event], settings: Mapping[str, Any]) -> None:
    """Check that `events` of a sick run raise an alarm, and that a run cut anywhere goes on alike.

    `settings` holds every setting by its path. Raise `AssertionError` on a broken promise.
    """
    check_words(detector)
    whole = _alarms(detector(), events, settings)
    must(any(not alarm.over for alarm in whole), "a sick run raises an alarm")
    for alarm in whole:
        must_equal((alarm.kind, alarm.title), (detector.name, detector.title), "an alarm brings its name")
        must(bool(alarm.text.strip()), "an alarm is a sentence")
    for cut in range(0, len(events), max(1, len(events) // 8)):
        first, second = detector(), detector()
        before = _alarms(first, events[:cut], settings)
        second.restore(json.loads(json.dumps(first.state(), allow_nan=False)))
        must_equal(
            before + _alarms(second, events[cut:], settings), whole, f"a run cut after {cut} events goes on alike"
        )


def _alarms(detector: Detector, events: Sequence[Event], settings: Mapping[str, Any]) -> list[Alarm]:
    found = [detector.watch(event, settings) for event in events]
    return [alarm for alarm in found if alarm is not None]
