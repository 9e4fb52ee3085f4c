"""The tool *Walks*: around latents, from task to task, from noise to samples, with what a run has learned."""
