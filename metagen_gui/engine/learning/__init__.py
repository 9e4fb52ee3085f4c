"""Everything that learns, advanced by one outer step, and what is told of it."""
