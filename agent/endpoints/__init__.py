"""Faces for other programs."""
