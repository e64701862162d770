"""Workloads, their pods and their images."""
