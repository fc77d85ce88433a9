"""Words, sentences, figures and names of English text: no model, no corpus, no state."""
