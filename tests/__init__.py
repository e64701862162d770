"""A package, so that `tests` here is never another's; the folders below need no such file."""
