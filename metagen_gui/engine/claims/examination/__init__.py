"""A test of claims as it goes on: from the first arm to the report, stopped and taken up again."""
