"""The map of adaptation steps and outer steps that a pointer moves over while samples follow."""
