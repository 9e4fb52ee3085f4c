"""Who takes part; known without torch, so that the program that starts them stays small."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec


@dataclass(frozen=True)
class Contestant:
    """A way to compute meta-gradients: `built_by` is `module:class` of this folder, `package` what it needs."""

    name: str
    built_by: str
    package: str = "torch"
    imported_as: str = "torch"

    @property
    def installed(self) -> bool:
        """Whether it can take part here."""
        return find_spec(self.imported_as) is not None

    @property
    def version(self) -> str:
        """Return the version of its package, or what is missing."""
        try:
            return version(self.package) if self.installed else "not installed"
        except PackageNotFoundError:
            return "unknown version"


OURS, WRITTEN, MIXED = "MetaGen", "MetaGen, as written", "MetaGen, mixed precision"
LEAN = "MetaGen, least memory"
CONTESTANTS = (
    Contestant(OURS, "vectorised:MetaGen"),
    Contestant(WRITTEN, "vectorised:MetaGen"),
    Contestant(MIXED, "vectorised:MetaGen"),
    Contestant(LEAN, "vectorised:Lean"),
    Contestant("higher", "libraries:Higher", "higher", "higher"),
    Contestant("torchopt", "libraries:TorchOpt", "torchopt", "torchopt"),
    Contestant("iteryne", "libraries:Iteryne", "iteryne", "iteryne"),
    Contestant("parallel-metalearn", "vectorised:ParallelMetalearn", "parallel-metalearn", "metalearn"),
    Contestant("JAX", "in_jax:Jax", "jax", "jax"),
    Contestant("torch.func.vmap", "vectorised:TorchFunc"),
    Contestant("task loop", "task_loops:PlainLoop"),
)
