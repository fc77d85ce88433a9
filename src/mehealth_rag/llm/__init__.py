"""Language models: what the engine needs of one, how it is asked, and how its failures look.

Nothing here imports OpenAI's client or llama.cpp before `open_model` is called.
"""
