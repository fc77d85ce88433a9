"""What a request passes first: its host and origin, who sends it, and how much it may ask."""
