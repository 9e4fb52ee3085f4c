"""All that a plugin, a script or an exported snippet imports; what is not named here may move from version to version.

Every plugin                `setting`, `Config`, `BadInput`
An algorithm                `Algorithm`, `RateLearner`, `algorithms`, and what a meta-gradient is made of
A model                     `GenerativeModel`, `models`, `DataSpec` and its kinds, and what a model is handed
A task family               `TaskFamily`, `task_families`, `Task`, and what its hooks take and return
A metric of samples         `Metric`, `metrics`, `Context`
A watcher of a run          `Detector`, `detectors`, `Finding`
Running an experiment       `Experiment`, `meta_train`, `resume_run`, `Commands`, `MetaLearner`
What a run reports          `Event` and its kinds
What was learned            `load_export`, `LoadedModel`, `export_initialization`, `export_adapted`
"""

from __future__ import annotations

from metagen_gui.engine.adaptation.formulas import Formulas
from metagen_gui.engine.adaptation.inner_loop import InnerLoop
from metagen_gui.engine.algorithms.base import (
    Algorithm,
    AlgorithmSettings,
    LearnedRateSettings,
    MetaGradient,
    MetaParams,
    Moment,
    RateLearner,
    TaskNoise,
    algorithms,
    facing,
    grade,
    gradients_by_player,
    mean_gradient,
    of_player,
    query_losses,
)
from metagen_gui.engine.beneath_autograd.turns import in_turn
from metagen_gui.engine.data.bayes import BestGenerator
from metagen_gui.engine.data.density_shapes import Mixture
from metagen_gui.engine.data.image_files.report import ImportReport, ReadProgress
from metagen_gui.engine.data.spec import Array, DataSpec, ImageSpec, PointSpec
from metagen_gui.engine.events import (
    Alarm,
    Event,
    Notice,
    Remedy,
    RunFinished,
    RunStarted,
    Snapshot,
    StepReport,
    ValidationReport,
)
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.health.base import Detector, Finding, detectors
from metagen_gui.engine.health.remedies import Advice, lower, put
from metagen_gui.engine.health.signs import ContestSigns, PosteriorSigns, Signs
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.metrics.base import Axis, Context, DataKind, Metric, metrics
from metagen_gui.engine.metrics.distances import Values
from metagen_gui.engine.models.base import (
    USUAL,
    Circumstances,
    GenerativeModel,
    Likelihood,
    LossKind,
    Noise,
    Params,
    PlayerParams,
    models,
)
from metagen_gui.engine.networks.context_networks import ContextMLP, initial_values
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, setting
from metagen_gui.engine.tasks.base import Stream, Task, TaskBatch, TaskFamily, task_families
from metagen_gui.engine.trained.export import LoadedModel, export_adapted, export_initialization, load_export

__all__ = [  # noqa: RUF022  # by purpose
    # every plugin: a setting is declared, wrong input is refused
    "BadInput",
    "Config",
    "setting",
    # an algorithm, and what its meta-gradient is made of
    "Algorithm",
    "AlgorithmSettings",
    "Formulas",
    "InnerLoop",
    "LearnedRateSettings",
    "MetaGradient",
    "MetaParams",
    "Moment",
    "RateLearner",
    "TaskNoise",
    "algorithms",
    "facing",
    "grade",
    "gradients_by_player",
    "mean_gradient",
    "of_player",
    "query_losses",
    # a model, and what it is handed
    "USUAL",
    "Advice",
    "Circumstances",
    "ContextMLP",
    "DataSpec",
    "GenerativeModel",
    "ImageSpec",
    "Likelihood",
    "LossKind",
    "Noise",
    "Params",
    "PlayerParams",
    "PointSpec",
    "Signs",
    "in_turn",
    "initial_values",
    "models",
    # a task family
    "Array",
    "BestGenerator",
    "ImportReport",
    "Mixture",
    "ReadProgress",
    "Stream",
    "Task",
    "TaskBatch",
    "TaskFamily",
    "task_families",
    # a metric of samples
    "Context",
    "Axis",
    "DataKind",
    "Metric",
    "Values",
    "metrics",
    # a watcher of a run's health; what models and task families declare of illnesses
    "ContestSigns",
    "Detector",
    "Finding",
    "PosteriorSigns",
    "detectors",
    "lower",
    "put",
    # running an experiment, step by step or as a whole
    "Commands",
    "Experiment",
    "MetaLearner",
    "meta_train",
    "resume_run",
    # what a run reports
    "Alarm",
    "Event",
    "Notice",
    "Remedy",
    "RunFinished",
    "RunStarted",
    "Snapshot",
    "StepReport",
    "ValidationReport",
    # what was learned, written and loaded again
    "LoadedModel",
    "export_adapted",
    "export_initialization",
    "load_export",
]
