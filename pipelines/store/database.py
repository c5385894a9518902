"""The SQL store: small, shared, transactional state. SQLite below the home by default, another database by URL.

Its tables are made and brought up to date by Alembic's steps in ``migrations``, when it is first opened after an update.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, inspect, text

from pipelines.store.home import Home

HEAD = "0004"
"""The last step in ``migrations/versions``."""
_STEPS = Path(__file__).parent / "migrations"


def connect(home: Home, url: str = "") -> Engine:
    """The store of a home, brought up to date."""
    engine = create_engine(url or f"sqlite:///{home.ledger}")
    with engine.connect() as connection:
        current = _step(connection)
    if current != HEAD:
        _upgrade(engine)
    return engine


def exclusively(connection: Connection, table: str) -> None:
    """From here to the end of the transaction no other writes ``table``, so that what is read now still holds when something is written."""
    if connection.dialect.name == "sqlite":  # the first write of a transaction locks the file
        connection.execute(text(f"update {table} set who = who where 1 = 0"))
    else:
        connection.execute(text(f"lock table {table} in exclusive mode"))


def _step(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("select version_num from alembic_version")).scalar()


def _upgrade(engine: Engine) -> None:
    from alembic.config import Config  # noqa: PLC0415 - only where a step is missing
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.operations import Operations  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    steps = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            for step in reversed(list(steps.iterate_revisions(HEAD, context.get_current_revision() or "base"))):
                step.module.upgrade()
                context.stamp(steps, step.revision)
