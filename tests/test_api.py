"""What a plugin needs to write its hooks down is in `metagen_gui.api`."""

from __future__ import annotations

import ast
import inspect
import sys

import pytest

from metagen_gui import api


def types_of_ours(base: type) -> set[str]:
    """Return the names in the annotations of a class that its module defines, or imports from another of ours."""
    tree = ast.parse(inspect.getsource(sys.modules[base.__module__]))
    ours = set[str]()
    for part in tree.body:
        match part:
            case ast.ImportFrom(module=str(module), names=names) if module.partition(".")[0] == "metagen_gui":
                ours |= {name.asname or name.name for name in names}
            case ast.ClassDef(name=name):
                ours.add(name)
            case ast.Assign(targets=targets):
                ours |= {target.id for target in targets if isinstance(target, ast.Name)}
    (written,) = (part for part in tree.body if isinstance(part, ast.ClassDef) and part.name == base.__name__)
    annotations = [
        one for node in ast.walk(written) for key in ("annotation", "returns") if (one := getattr(node, key, None))
    ]
    return ours & {name.id for one in annotations for name in ast.walk(one) if isinstance(name, ast.Name)}


@pytest.mark.parametrize(
    ("base", "one"),
    [
        (api.Algorithm, "TaskNoise"),
        (api.RateLearner, "MetaParams"),
        (api.GenerativeModel, "LossKind"),
        (api.TaskFamily, "BestGenerator"),
        (api.Metric, "Context"),
        (api.Detector, "Finding"),
    ],
)
def test_every_type_of_ours_that_a_hook_takes_or_returns_is_there(base: type, one: str) -> None:
    found = types_of_ours(base)
    assert one in found and not found - set(api.__all__)


def test_all_that_is_promised_is_there() -> None:
    assert len(set(api.__all__)) == len(api.__all__) and all(hasattr(api, name) for name in api.__all__)
