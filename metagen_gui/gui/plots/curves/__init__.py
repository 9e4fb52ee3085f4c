"""One curve: its points, its item in a plot, its switch in the legend."""
