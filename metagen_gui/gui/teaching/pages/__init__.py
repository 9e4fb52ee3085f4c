"""A page per algorithm, model and task family, with a live picture."""
