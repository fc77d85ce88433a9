"""Split pages into passages, and find what the rows of tables are about."""
