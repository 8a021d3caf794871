"""Marshmallow schemas: one guards each request. They hold codes, not words; `errors.py` adds the words."""
