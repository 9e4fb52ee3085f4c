"""What a trained model computes, as modules that torch can turn into graphs for other programs."""
