"""One outer step, phase by phase, and toys whose loss surface is known."""
