"""What a test of claims found, as a page, tables, curves and pictures."""
