"""Testing claims: the form, the test as it goes on, what came of it."""
