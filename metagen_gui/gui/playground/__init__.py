"""The playground: a trained model adapts to what a person draws, paints or drags, while the hand moves."""
