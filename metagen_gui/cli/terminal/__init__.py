"""What a person at a terminal sees: sentences in their language, figures, bars."""
