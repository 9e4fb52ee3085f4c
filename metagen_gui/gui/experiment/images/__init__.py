"""The page that shows what images were found."""
