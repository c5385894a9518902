"""A model of a small first night does not decide for ever; and a later day is reason enough to run."""

from __future__ import annotations

from pathlib import Path

from matching.model import load_model
from pipelines.settings import Settings
from pipelines.stages import watch
from pipelines.stages.resolve import OUTGROWN
from pipelines.store import versions
from pipelines.store.home import Home
from tests.published import AS_OF, chezhu, run, run_on, send


def test_a_model_of_a_small_first_night_is_replaced_and_a_grown_one_stays(tmp_path: Path) -> None:
    chezhu("generate", "--out", str(tmp_path / "made"), "--rows", "900", "--dealers", "3", "--seed", "8", "--workbooks", "0")
    files = sorted(
        (path for path in (tmp_path / "made" / "inbox").rglob("*") if path.is_file()), key=lambda path: (path.stat().st_size, path)
    )
    inbox, home = tmp_path / "inbox", Home(tmp_path / "home")
    used = []
    for part in (files[:3], files[3:-1], files[-1:]):
        send(part, inbox, tmp_path)
        run(inbox, home.root)
        manifest = versions.current(home)
        assert manifest is not None
        assert manifest.model is not None
        used.append((manifest.model, load_model(home.models / manifest.model).records, manifest.rows("clean_records")))
    (first, few, _), (second, learned, there), (third, _, more) = used
    assert there >= OUTGROWN * few
    assert first != second
    assert learned == there
    assert more < OUTGROWN * learned
    assert third == second, "what grows a little is matched as before"

    settings = Settings(home=home.root, inbox=inbox)
    assert not watch.later(versions.current(home), AS_OF)
    assert "Nothing new" in run(inbox, home.root).stdout
    assert watch.later(versions.current(home), "2026-07-01")
    assert watch.anything_new(settings), "today is later than that"
    run_on(inbox, home.root, days=40, increments=True)
    now = versions.current(home)
    assert now is not None
    assert (now.version, now.as_of) == (4, "2026-08-09")
    profile = versions.scan(home, now, "customer_profile").select("as_of").unique().collect()
    assert [str(day) for day in profile["as_of"]] == ["2026-08-09"]
