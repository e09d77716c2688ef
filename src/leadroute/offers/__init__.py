"""Offers: the life of a lead as a table, the changes it needs from a store, and the dispatcher on top."""
