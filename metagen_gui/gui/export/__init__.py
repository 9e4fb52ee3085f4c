"""Exporting what was learned."""
