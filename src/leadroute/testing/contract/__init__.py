"""The contract of every store, for those who write one. It needs no test framework.

Use it so with pytest, or with anything else that can call functions::

    @pytest.mark.parametrize(("name", "check"), store_contract(make_store))
    def test_the_store_keeps_the_contract(name, check):
        check()

A store that keeps every promise can carry the whole of leadroute. A race is only a race between distinct connections:
``make_store`` should give a store as the application would build it, with its pool.
"""

from leadroute.testing.contract.abilities import store_contract

__all__ = ["store_contract"]
