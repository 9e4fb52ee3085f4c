"""Pages that tell results: a frame, tables, curves and pictures, in one HTML file that needs nothing else."""
