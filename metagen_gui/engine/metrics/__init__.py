"""How good generated examples are, by pure functions of features, each with its source and its known bias.

    metrics.get("mmd2")().score(query, support, samples, context)    # features in, a number out
    features_of(family), Contexts(family, "test", encode).of(0, name)

Likelihoods and their bounds are the model's to tell: `GenerativeModel.log_likelihood`.
"""

from metagen_gui.engine.metrics.base import Context, Metric, metrics, metrics_for
from metagen_gui.engine.metrics.context import Contexts
from metagen_gui.engine.metrics.encoder import features_of, image_encoder

__all__ = ["Context", "Contexts", "Metric", "features_of", "image_encoder", "metrics", "metrics_for"]
