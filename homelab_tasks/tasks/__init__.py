"""Namespaces of tasks; the only place that knows invoke."""
