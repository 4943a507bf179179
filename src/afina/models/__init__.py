"""Pretrained models: where they come from, how they are read, and how they are built inside.

Nothing is imported here: finding a model must not wait for torch.
"""
