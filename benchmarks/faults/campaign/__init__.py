"""The fault campaign: one file per kind of fault, each of which can be run alone by `benchmarks/faults/runs.py`."""
