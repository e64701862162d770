"""Views: the only place that prints. Each turns one stream of events into what somebody reads."""
