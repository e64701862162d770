"""Stand-ins for systems, by which actions are tested without a socket and without waiting."""
