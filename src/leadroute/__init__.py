"""leadroute: give every lead to the right rep, and say why."""
