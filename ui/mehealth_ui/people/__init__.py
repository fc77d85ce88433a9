"""Sign-in, keys and roles, and the data kept about people."""
