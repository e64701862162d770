"""Nouns: values without I/O, clock or invoke."""
