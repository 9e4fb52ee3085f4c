"""The race: experiments in lanes, side by side, and who wins."""
