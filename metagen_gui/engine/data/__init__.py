"""What examples are, and where they come from: drawn characters, image files, shapes of densities."""
