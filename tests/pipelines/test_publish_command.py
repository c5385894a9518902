"""`chezhu publish` to a real PostgreSQL and to a folder: all of a version or nothing of it, and what was sent is kept."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.tables import CUSTOMERS
from pipelines.settings import Settings
from pipelines.sinks.postgres import TargetError
from pipelines.stages import send
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.targets import Sendings
from tests.pipelines import small_home


def _program(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL of its own, on a socket of its own: ``postgresql://`` without the database's name."""
    pytest.importorskip("adbc_driver_postgresql", reason="no PostgreSQL driver: pip install -e '.[postgres]'")
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("there is no PostgreSQL here (Debian: apt-get install postgresql): its sink is not tested")
    with tempfile.TemporaryDirectory(prefix="pg") as name:
        folder = Path(name)
        before: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL will not run as root
            if shutil.which("runuser") is None:
                pytest.skip("PostgreSQL does not run as root, and there is no runuser")
            shutil.chown(folder, "postgres", "postgres")
            before = ["runuser", "-u", "postgres", "--"]
        subprocess.run(
            [*before, initdb, "-D", str(folder / "data"), "-A", "trust", "-U", "chezhu", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
        )
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        subprocess.run(
            [*before, pg_ctl, "-D", str(folder / "data"), "-o", options, "-w", "-l", str(folder / "log"), "start"],
            check=True,
            capture_output=True,
        )
        try:
            yield f"postgresql://chezhu@/{{}}?host={folder}"
        finally:
            subprocess.run([*before, pg_ctl, "-D", str(folder / "data"), "-m", "immediate", "stop"], check=True, capture_output=True)


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> str:
    """An empty database."""
    name = f"t{abs(hash(request.node.nodeid))}"
    ask(server.format("postgres"), f"create database {name}", autocommit=True)
    return server.format(name)


def ask(url: str, query: str, *, autocommit: bool = False) -> list[tuple[Any, ...]]:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url, autocommit=autocommit) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        found = cursor.fetchall() if query.startswith("select") else []
        if not autocommit:
            connection.commit()
        return found


def next_version(home: Home, customers: pl.DataFrame) -> None:
    """Another version, with these customers."""
    manifest = versions.current(home)
    assert manifest is not None
    part = home.tables / "customers" / "next.part"
    customers.write_parquet(part)
    entry = versions.FileEntry("all", versions.named_by_content(part, "customers"), customers.height)
    made = versions.Manifest(
        manifest.version + 1, f"run-{manifest.version + 1}", "2026-07-01", manifest.version, None, {**manifest.tables, "customers": [entry]}
    )
    versions.save(home, made)
    versions.point_to(home, made.version)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return small_home.make(tmp_path / "home")


def standing(url: str) -> list[tuple[Any, ...]]:
    return ask(url, "select customer_id, name, phones, mobile from chezhu.customers order by customer_id")


def test_a_database_is_brought_from_version_to_version_and_back(home: Home, database: str) -> None:
    settings = Settings(home=home.root, targets={"crm": database})
    (first,) = send.send(settings, None, version=None, who="li")
    assert first.rows == len(small_home.PEOPLE)
    whole = standing(database)
    assert whole[0] == ("CAAAAAAAAAAAAAAAA", "王伟", ["+8613917852046", "+862162345678"], "+8613917852046")
    assert ask(database, "select version, run_id from chezhu.published") == [(1, "run-1")]
    assert ask(database, "select count(*) from chezhu.crosswalk where merged_into is not null") == [(2,)]
    ask(database, "create view mine as select name from chezhu.customers", autocommit=True)

    (again,) = send.send(settings, "crm", version=None, who="li")
    assert "customers 0 written, 0 deleted" in again.told, "what did not change is not written"

    changed = [{**small_home.PEOPLE[0], "name": "王小伟"}, small_home.PEOPLE[2], {"customer_id": "CDDDDDDDDDDDDDDDD", "name": "新客户"}]
    next_version(home, pl.DataFrame(changed, schema=CUSTOMERS.schema))
    (second,) = send.send(settings, "crm", version=None, who="li")
    assert "customers 2 written, 1 deleted" in second.told
    assert [row[1] for row in standing(database)] == ["王小伟", None, "新客户"]
    assert len(ask(database, "select name from mine")) == 3, "views of the tables stay"

    (back,) = send.send(settings, "crm", version=1, who="li")
    assert back.version == 1
    assert standing(database) == whole
    assert [(each.version, each.who) for each in Sendings(home).all()] == [(1, "li"), (1, "li"), (2, "li"), (1, "li")]


def test_what_changed_beside_a_table_s_files_is_sent(home: Home, database: str) -> None:
    settings = Settings(home=home.root)
    send.send(settings, database, version=None, who="li")
    before = versions.load(home, 1).tables["customers"]
    came = [{**small_home.PEOPLE[0], "name": "王小伟"}, {"customer_id": "CDDDDDDDDDDDDDDDD", "name": "新客户"}]
    frames = {
        versions.CAME: pl.DataFrame(came, schema=CUSTOMERS.schema),
        versions.WENT: pl.DataFrame({"customer_id": [small_home.PEOPLE[0]["customer_id"], small_home.PEOPLE[1]["customer_id"]]}),
    }
    rows = {versions.CAME: 2, versions.WENT: -2}
    entries = list(before)
    for bucket, frame in frames.items():
        part = home.tables / "customers" / "next.part"
        frame.write_parquet(part)
        entries.append(versions.FileEntry(bucket, versions.named_by_content(part, "customers"), rows[bucket]))
    first = versions.load(home, 1)
    versions.save(home, versions.Manifest(2, "run-2", "2026-07-01", 1, None, {**first.tables, "customers": entries}))
    versions.point_to(home, 2)
    (second,) = send.send(settings, database, version=None, who="li")
    assert "customers 2 written, 1 deleted" in second.told
    assert [row[1] for row in standing(database)] == ["王小伟", None, "新客户"]


def test_a_later_version_is_not_overwritten_by_mistake(home: Home, database: str) -> None:
    settings = Settings(home=home.root)
    next_version(home, pl.DataFrame(small_home.PEOPLE, schema=CUSTOMERS.schema))
    send.send(settings, database, version=None, who="li")
    versions.point_to(home, 1)
    with pytest.raises(TargetError, match="version 2 stands there"):
        send.send(settings, database, version=None, who="li")


@pytest.mark.parametrize("how", ["killed", "failed"])
def test_a_delivery_that_ends_badly_leaves_what_was_there(home: Home, database: str, how: str) -> None:
    settings = Settings(home=home.root)
    send.send(settings, database, version=None, who="li")
    whole = standing(database)
    next_version(home, pl.DataFrame(small_home.PEOPLE[:1], schema=CUSTOMERS.schema))
    if how == "failed":
        ask(database, "alter table chezhu.customer_profile drop column version", autocommit=True)
        with pytest.raises(TargetError, match="stays as it was"):
            send.send(settings, database, version=None, who="li")
    else:
        command = [sys.executable, "-m", "pipelines.cli", "publish", database, "--home", str(home.root)]
        done = subprocess.run(command, env={**os.environ, "CHEZHU_KILL_AT": "send.postgres"}, capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL
    assert standing(database) == whole
    assert ask(database, "select max(version) from chezhu.published") == [(1,)]
    if how == "killed":
        send.send(settings, database, version=None, who="li")
        assert len(standing(database)) == 1


def test_no_database_is_said_without_the_password(home: Home) -> None:
    pytest.importorskip("adbc_driver_postgresql", reason="no PostgreSQL driver: pip install -e '.[postgres]'")
    url = "postgresql://crm:secret@127.0.0.1:1/crm"
    with pytest.raises(TargetError) as caught:
        send.send(Settings(home=home.root), url, version=None, who="li")
    assert "secret" not in str(caught.value)


def delivered(home: Home, people: Sequence[Mapping[str, object]] = small_home.PEOPLE) -> None:
    """A delivery of version 1, as a run makes it."""
    from engine.duckdb import DuckDBEngine
    from pipelines.sinks import crm

    with DuckDBEngine() as engine:
        customers = engine.from_frame(pl.DataFrame(people, schema=CUSTOMERS.schema))
        heirs = engine.from_frame(pl.DataFrame(schema={"customer_id": pl.String(), "surviving_customer_id": pl.String()}))
        crm.deliver(engine, now=customers, before=None, heirs=heirs, folder=home.deliveries / "000001", header={"version": 1})


def test_a_folder_gets_the_files_whole(home: Home, tmp_path: Path) -> None:
    delivered(home)
    target = tmp_path / "share"
    settings = Settings(home=home.root, targets={"share": str(target)})
    command = [sys.executable, "-m", "pipelines.cli", "publish", str(target), "--home", str(home.root)]
    killed = subprocess.run(command, env={**os.environ, "CHEZHU_KILL_AT": "send.folder"}, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (target / "000001").exists()
    assert not (target / "CURRENT").exists()
    for _ in range(2):
        (done,) = send.send(settings, "share", version=None, who="li")
        assert done.rows == len(small_home.PEOPLE)
        source = home.deliveries / "000001"
        assert {path.name: path.read_bytes() for path in (target / "000001").iterdir()} == {
            path.name: path.read_bytes() for path in source.iterdir()
        }
        assert (target / "CURRENT").read_text() == "1"
    (target / "000001" / "customers_full.csv").write_text("cut")
    send.send(settings, "share", version=None, who="li")
    assert (target / "000001" / "customers_full.csv").read_text() != "cut", "what somebody spoilt is sent again"


def test_a_folder_is_said_to_have_the_customers_of_the_delivery(home: Home, tmp_path: Path) -> None:
    """Tests of a system are customers of a version and of no delivery."""
    delivered(home, [*small_home.PEOPLE[:-1], {**small_home.PEOPLE[-1], "party": "test"}])
    (done,) = send.send(Settings(home=home.root), str(tmp_path / "share"), version=None, who="li")
    rows = pl.read_parquet(tmp_path / "share" / "000001" / "customers_full.parquet").height
    assert rows == len(small_home.PEOPLE) - 1
    assert (done.rows, [each.rows for each in Sendings(home).all()]) == (rows, [rows])


@pytest.mark.parametrize(("name", "says"), [(None, "no targets are set"), ("crm", "there is no target 'crm'")])
def test_a_target_that_is_not_known_is_said(home: Home, name: str | None, says: str) -> None:
    with pytest.raises(TargetError, match=says):
        send.send(Settings(home=home.root), name, version=None, who="li")


@pytest.mark.parametrize("url", ["mysql://crm:secret@db/x", "postgresq://crm:secret@db/x", "POSTGRES://crm:secret@db/x", "postgresql:/secret/x", "file:///secret"])  # fmt: skip
@pytest.mark.parametrize("where", ["named", "one of the settings", "all of the settings"])
def test_no_folder_is_made_of_a_url_that_is_not_known(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, where: str
) -> None:
    delivered(home)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    settings = Settings(home=home.root, targets={} if where == "named" else {"share": str(tmp_path / "share"), "crm": url})
    name = {"named": url, "one of the settings": "crm", "all of the settings": None}[where]
    with pytest.raises(TargetError, match="known are: postgresql://, postgres://") as caught:
        send.send(settings, name, version=None, who="li")
    assert "secret" not in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before, "nothing was written, not even to the target before it"


def test_a_folder_is_kept_from_the_root_on(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delivered(home)
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    (done,) = send.send(Settings(home=home.root), "../crm", version=None, who="li")
    assert done.target == str(tmp_path / "crm")
    assert (tmp_path / "crm" / "CURRENT").exists()
    assert [each.target for each in Sendings(home).all()] == [str(tmp_path / "crm")]


def test_targets_come_as_json_from_a_variable() -> None:
    from pipelines.settings import load

    assert load(environment={"CHEZHU_TARGETS": json.dumps({"crm": "/mnt/crm"})}, file=Path("none.toml")).targets == {"crm": "/mnt/crm"}
