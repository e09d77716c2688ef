"""The promises of reading and writing."""
