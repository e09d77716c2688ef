"""Tests on real data."""
