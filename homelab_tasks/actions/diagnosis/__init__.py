"""Settings held against the world, one examination for each system."""
