"""Recipes: every setting of a run, read, checked and described."""
