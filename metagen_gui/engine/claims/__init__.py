"""Does meta-learning help here? Arms trained alike, paired statistics on held-out tasks, a verdict per claim."""
