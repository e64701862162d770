"""Landing a topic on the trunk, and tending topics."""
