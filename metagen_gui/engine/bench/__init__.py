"""What trained runs score by protocols of published work."""
