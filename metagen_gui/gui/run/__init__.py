"""One run at a time: steered, followed, shown."""
