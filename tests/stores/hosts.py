"""What hosts have: sessions of SQLAlchemy and connections of Django, on a SQLite file."""

from contextlib import contextmanager
from unittest import mock

from django import conf
from django.apps import apps
from django.conf import UserSettingsHolder, global_settings
from django.db import transaction
from django.db.utils import ConnectionHandler
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session


def engine_of(path, begin="BEGIN IMMEDIATE"):
    """An engine whose transactions are SQLite's own, as the documentation of SQLAlchemy has it."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def connect(driver, record):
        driver.isolation_level = None

    @event.listens_for(engine, "begin")
    def started(connection):
        connection.exec_driver_sql(begin)

    return engine


@contextmanager
def sqlalchemy_session(path):
    """A session in a transaction."""
    engine = engine_of(path)
    try:
        with Session(engine) as session, session.begin():
            yield session
    finally:
        engine.dispose()


@contextmanager
def django_connection(path, **settings):
    """Django's connection outside a transaction, in settings of its own."""
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), **settings}
    handler = ConnectionHandler({"default": database})
    with (
        mock.patch.object(apps, "ready", True),
        mock.patch.object(conf.settings, "_wrapped", UserSettingsHolder(global_settings)),
        mock.patch.object(transaction, "connections", handler),
    ):
        try:
            yield handler["default"]
        finally:
            handler["default"].close()


@contextmanager
def django_atomic(path):
    """Django's connection inside ``atomic``."""
    options = {"transaction_mode": "IMMEDIATE"}
    with django_connection(path, OPTIONS=options) as connection, transaction.atomic():
        yield connection
