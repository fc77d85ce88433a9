"""The guard: judges whether passages entail a statement and have its exact values."""
