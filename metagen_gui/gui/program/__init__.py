"""What the window needs before it has anything to show: the engine, what is remembered, last words."""
