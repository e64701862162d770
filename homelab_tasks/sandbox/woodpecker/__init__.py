"""A stand-in for a Woodpecker server 3.17: it answers as the recordings of a real one show."""
