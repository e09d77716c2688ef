"""Tests of the stores and of what they are asked to do."""
