"""Systems: the only place that does I/O."""
