"""The service for other programs: REST, chat completions, drafts, documents, health."""
