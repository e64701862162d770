"""Verbs: generators of events that end in a verdict. They get their clients, clock and deadlines handed in."""
