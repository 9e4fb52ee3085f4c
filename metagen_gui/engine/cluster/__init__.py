"""Runs as jobs of a SLURM cluster, by submitit: handed over, requeued when they are preempted, gone on with."""
