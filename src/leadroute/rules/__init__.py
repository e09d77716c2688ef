"""Conditions, scores as expressions, rules: the language a policy is written in."""
