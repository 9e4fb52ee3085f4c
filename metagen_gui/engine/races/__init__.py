"""Races: experiments in lanes on the same tasks, by equal steps or equal seconds of computing, and who wins."""
