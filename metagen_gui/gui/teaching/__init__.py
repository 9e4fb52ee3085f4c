"""What is this? Every setting and every plugin says so, and a tour points at what there is."""
