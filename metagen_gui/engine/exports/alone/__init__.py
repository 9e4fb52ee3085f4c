"""A trained model as one file of Python: what its own sources need of each other, and a program around it."""
