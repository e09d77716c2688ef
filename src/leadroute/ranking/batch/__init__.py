"""A backlog of leads, given out at once."""
