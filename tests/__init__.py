"""The promises of leadroute, one sentence and one test each."""
