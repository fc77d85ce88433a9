"""What is made of the code: lists and schemas."""
