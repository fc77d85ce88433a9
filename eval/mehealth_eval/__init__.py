"""Question sets and the scripts that score the assistant on them."""
