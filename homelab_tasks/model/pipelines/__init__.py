"""Pipelines, their ends and their queue."""
