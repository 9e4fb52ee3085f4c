"""Several processes that take a run's outer steps together: each computes some of the tasks, the first one writes."""
