"""Data: files are read, cleaned, split and audited before anything is learnt from them."""
