"""How good generated examples are, by pure functions of features, each with its source and its known bias.

    METRICS["mmd2"].score(query, support, samples, context)        # features in, a number out
    features_of(family), Contexts(family, "test", encode).of(0, name)

Likelihood bounds need the model itself and stand beside the table: `iwae.negative_iwae`.
"""

from metagen_gui.engine.metrics.bayes import BayesLine
from metagen_gui.engine.metrics.context import Context, Contexts
from metagen_gui.engine.metrics.encoder import features_of, image_encoder
from metagen_gui.engine.metrics.table import METRICS, Metric, metrics_for

__all__ = ["METRICS", "BayesLine", "Context", "Contexts", "Metric", "features_of", "image_encoder", "metrics_for"]
