"""Pipelines: finding, watching, judging and operating them."""
