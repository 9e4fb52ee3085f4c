"""Other machines, reached by the system's own ssh: runs are started there, followed from here, and moved."""
