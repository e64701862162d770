"""Carry a change to the cluster, and tell the truth at the end."""
