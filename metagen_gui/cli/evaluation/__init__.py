"""What `metagen evaluate` finds, for people: tables in a terminal, and a page."""
