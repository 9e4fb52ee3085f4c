"""Settings as forms: one row per setting, made from its declaration."""
