"""Playing with what was learned: walks through what a trained model generates."""
