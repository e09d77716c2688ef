"""A dispatcher's longer life, over each kind of database."""

import pytest

from leadroute.testing import FailingStore
from tests.offers.test_life import LONG, LongLife
from tests.profiles import examples
from tests.stores.sql import empty, made


def life_over(kind):
    """The tests of a life over one kind of database."""

    class Over(LongLife):
        def make_store(self):
            store = made(kind)
            empty(kind)
            return FailingStore(store)

    Over.TestCase.settings = examples(3, **LONG)
    return pytest.mark.slow(Over.TestCase)


TestLifeInPostgresql = life_over("postgresql")
TestLifeInMariadb = life_over("mariadb")
TestLifeThroughSqlalchemy = life_over("sqlite")
