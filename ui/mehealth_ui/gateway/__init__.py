"""Checks requests first: host, origin, caller and size."""
