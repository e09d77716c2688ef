"""A case of a policy test: a lead and what is expected of it."""

import pytest

from leadroute import Lead
from leadroute.errors import ConfigError, ValidationError
from leadroute.ranking.policy_checks import Case


@pytest.mark.parametrize("outcome", ["assignable", "nurture"])
def test_case_expects_an_outcome_that_there_is(outcome):
    """A case may expect how a decision comes out, or what becomes of a lead that does not qualify."""
    assert Case("one", lead=Lead("L-1"), outcome=outcome).expected == {"outcome": outcome}


def test_case_refuses_an_outcome_that_there_is_not():
    """An outcome that nothing can have is refused with those there are."""
    with pytest.raises(ValidationError, match=r"outcome is 'lucky'; write one of assignable, "):
        Case("one", lead=Lead("L-1"), outcome="lucky")


def test_case_that_expects_nothing_is_refused():
    """A case must expect something."""
    with pytest.raises(ConfigError, match="expects nothing; expect a rule"):
        Case("one", lead=Lead("L-1"))
