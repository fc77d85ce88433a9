"""The served index and its files: editions, pictures, and documents that are added."""
