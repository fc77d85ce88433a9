"""The service for programs: REST, chat completions, drafts, documents, health."""
