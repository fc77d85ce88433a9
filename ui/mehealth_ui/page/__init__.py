"""The page: layout, handlers and markup."""
