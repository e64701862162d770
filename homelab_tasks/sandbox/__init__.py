"""The embedded homelab: everything that the tasks talk to, on loopback and on one machine."""
