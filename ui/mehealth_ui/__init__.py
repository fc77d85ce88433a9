"""The web page and the service; docs/architecture.md describes the rooms."""
