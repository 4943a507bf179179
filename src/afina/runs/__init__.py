"""The run store: a folder per run, and an SQLite index over them."""
