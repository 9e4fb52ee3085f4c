"""What is kept on disk, and how: run folders, checkpoints, metrics, who writes."""
