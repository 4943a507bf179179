"""Evaluation: metrics with intervals, cheaper alternatives, and the verdict between them."""
