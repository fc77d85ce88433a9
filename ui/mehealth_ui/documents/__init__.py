"""The served index, its files and pictures, and added documents."""
