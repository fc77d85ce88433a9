"""The guard: what a statement claims, held against the page."""
