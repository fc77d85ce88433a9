"""The side-by-side speed measurement: this project beside LlamaIndex's stock pipeline."""
