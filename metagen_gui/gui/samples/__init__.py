"""What the model generates as it adapts."""
