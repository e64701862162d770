"""Rollouts: waiting until a target runs a commit."""
