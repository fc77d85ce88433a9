"""From a question and the turns before it to an answer, whoever writes it."""
