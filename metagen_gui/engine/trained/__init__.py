"""What was learned, loaded again and exported."""
