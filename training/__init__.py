"""Training of the reader: openly licensed questions in, one packaged ONNX file out."""
