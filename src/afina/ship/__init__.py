"""Putting a model to work: the artifact and its card."""
