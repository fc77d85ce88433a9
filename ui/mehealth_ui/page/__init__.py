"""The chat page: layout, handlers, and all of its markup."""
