"""Training in slow motion: one outer step phase by phase, and toys whose loss surface can be seen."""
