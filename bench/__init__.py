"""What the README claims, measured beside its peers on this machine."""
