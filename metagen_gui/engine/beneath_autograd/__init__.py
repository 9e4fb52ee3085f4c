"""The same sums in less time or memory, beneath autograd and vmap: unknown to algorithms and models."""
