"""Topics, pushes and what came of them."""
