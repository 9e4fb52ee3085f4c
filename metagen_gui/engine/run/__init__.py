"""One run from its first step to its last: a generator of events."""
