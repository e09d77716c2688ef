"""The contract of every store, for those who write one. It needs no test framework.

Use it so with pytest, or with anything else that can call functions::

    @pytest.mark.parametrize(("name", "check"), store_contract(make_store))
    def test_the_store_keeps_the_contract(name, check):
        check()

A store that keeps every promise can carry the whole of leadroute. A race is only a race between distinct connections:
``make_store`` should give a store as the application would build it, with its pool.

* A store may block or be awaited. Each check of an async store has an event loop of its own.
* Promises that need an ability are asked where ``store_contract`` is told of it: ``abilities`` for
  ``CreatesTables`` and ``TellsTime``, ``transaction`` and ``nested`` for a store that binds to a
  transaction, ``reopen`` for other processes and for forks, ``threads=False`` for a store that is one
  connection. The others are left out, and ``lacking`` names them.
* ``each_step_...`` stops one thread at each instruction of Python, or at many of them where there are
  thousands, while another one works.
"""

from leadroute.testing.contract.abilities import Promises, store_contract

__all__ = ["Promises", "store_contract"]
