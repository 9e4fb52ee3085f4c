"""The parts of `inner_loop.py`: the same meta-gradient, computed by MetaGen and by its peers."""
