"""What a person sets: declared once, checked, written and read; plugins found; bad input told in one line."""
