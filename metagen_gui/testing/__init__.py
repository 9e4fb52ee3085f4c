"""What every plugin promises, as checks that a plugin of another package runs on itself; MetaGen runs them on its own.

    from metagen_gui.testing import check_model

    def test_kites_keep_what_models_promise() -> None:
        check_model(Kite(KiteSettings(width=6), PointSpec()))

Build what is checked as small as it can be. Any test framework will do: a promise that is broken is an
`AssertionError` that says which. `check_run` takes an experiment of registered names, trains it for a few steps, and
resumes and exports what came of it.
"""

from metagen_gui.testing.algorithms import ALGORITHM_CHECKS, check_algorithm, check_meta_gradient
from metagen_gui.testing.models import MODEL_CHECKS, check_model
from metagen_gui.testing.observers import check_detector, check_metric
from metagen_gui.testing.promises import check_words
from metagen_gui.testing.runs import check_run
from metagen_gui.testing.task_families import TASK_FAMILY_CHECKS, check_task_family

__all__ = [
    "ALGORITHM_CHECKS",
    "MODEL_CHECKS",
    "TASK_FAMILY_CHECKS",
    "check_algorithm",
    "check_detector",
    "check_meta_gradient",
    "check_metric",
    "check_model",
    "check_run",
    "check_task_family",
    "check_words",
]
