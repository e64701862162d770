"""HTTP through the pin: connections, requests, event streams."""
