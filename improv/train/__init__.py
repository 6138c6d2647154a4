"""Datasets, fitting and evaluation, offline."""
