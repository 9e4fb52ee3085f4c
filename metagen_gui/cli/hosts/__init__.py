"""`metagen hosts` and `metagen train --on`: other machines at the command line."""
