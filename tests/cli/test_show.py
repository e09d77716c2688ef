"""What `leadroute show` promises."""

from leadroute.formats.policy_file import load_policy
from leadroute.insight.description import describe_policy
from leadroute.insight.diagram import graphviz, mermaid


def test_plain_words(leadroute, given):
    """A policy is told in plain words."""
    ended = leadroute("show", "policy.toml")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == describe_policy(load_policy("policy.toml")) + "\n"


def test_pictures(leadroute, given):
    """With --mermaid or --graphviz it is drawn, and with both the command is wrong."""
    router = load_policy("policy.toml")
    assert leadroute("show", "policy.toml", "--mermaid").out == mermaid(router)
    assert leadroute("show", "policy.toml", "--graphviz").out == graphviz(router)
    assert leadroute("show", "policy.toml", "--graphviz", "--mermaid").code == 2


def test_missing(leadroute, given):
    """A policy that is not there is told in one line."""
    ended = leadroute("show", "gone.toml")
    assert (ended.code, ended.err) == (2, "leadroute: gone.toml: No such file or directory\n")
