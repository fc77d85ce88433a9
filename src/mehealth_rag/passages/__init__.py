"""From pages to passages, and what the rows of tables are about."""
