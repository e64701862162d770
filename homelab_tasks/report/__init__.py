"""Views of a stream of events; the only place that prints."""
