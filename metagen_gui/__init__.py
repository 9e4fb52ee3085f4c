"""MetaGen: a desktop laboratory for meta-learned generative models."""
