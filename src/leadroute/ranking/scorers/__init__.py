"""The built-in scorers, each a frozen value; :mod:`leadroute.scorers` lists them all."""
