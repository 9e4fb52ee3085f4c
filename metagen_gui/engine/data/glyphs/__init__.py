"""Handwritten characters from strokes: alphabets, the hands that draw them, and the pool that keeps the drawings."""
