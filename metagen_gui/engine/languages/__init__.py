"""What a person reads, in their own language: a catalogue for each, of the window, the commands and the engine."""
