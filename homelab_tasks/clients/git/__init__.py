"""git, and what a landing keeps in its directory."""
