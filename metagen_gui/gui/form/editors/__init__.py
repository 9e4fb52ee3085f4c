"""What a value is changed with, by the kind of its setting."""
