"""Where runs are published: one file per program or service that shows runs; `base.py` says what is told of a run."""
