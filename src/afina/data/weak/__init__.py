"""Weak supervision: labels from rules, annotators and other models, for rows that nobody has labelled."""
