"""Formats that what was learned is taken along in: one small file per format; `writing.py` keeps what all promise."""
