"""What `chezhu generate` leaves on disk: the same bytes each time, unique truth, documented rates, hard but findable."""

import csv
import hashlib
from collections import Counter
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner

from generator.command import generate as command
from generator.dealers import KEYLESS, build_network
from generator.errors import ERRORS, markdown_table
from generator.exports import Summary, generate
from generator.places import city_table
from generator.plan import Plan

ROOT = Path(__file__).parents[2]
PLACE = ["dealer_id", "file", "row_number"]


@pytest.fixture(scope="module")
def typical(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    out = tmp_path_factory.mktemp("typical")
    return out, generate(Plan(out=out, rows=40_000, dealers=40, workbooks=0.0))


@pytest.fixture(scope="module")
def high(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("high")
    generate(Plan(out=out, rows=8_000, dealers=24, workbooks=0.1, errors="high", seed=5))
    return out


def digests(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate(Plan(out=tmp_path / name, rows=600, dealers=7, workbooks=0.3, days=300))
    first = digests(tmp_path / "a")
    assert any(name.endswith(".xlsx") for name in first)
    assert first == digests(tmp_path / "b")
    generate(Plan(out=tmp_path / "c", rows=600, dealers=7, workbooks=0.3, days=300, seed=2))
    assert first != digests(tmp_path / "c")


def test_rows_are_met(typical: tuple[Path, Summary]) -> None:
    assert typical[1].rows == 40_000
    truth = pl.read_parquet(typical[0] / "truth" / "records.parquet")
    keyed = truth.drop_nulls("source_key")
    twice = pl.read_parquet(typical[0] / "truth" / "errors.parquet").filter(pl.col("error") == "row_twice", pl.col("source_key").is_null())
    assert keyed.select("dealer_id", "source", "source_key").unique().height == keyed.select(PLACE).unique().height
    assert truth.select(PLACE).unique().height == 40_000 + twice.height, "a keyless row that is written twice is two rows"


def test_rows_follow_customers(tmp_path: Path) -> None:
    made = [generate(Plan(out=tmp_path / str(n), customers=n, dealers=30, workbooks=0.0)).rows / n for n in (1_500, 6_000)]
    assert all(2.6 < ratio < 4.0 for ratio in made), made
    assert abs(made[0] - made[1]) < 0.4


def test_truth_has_each_record_once(typical: tuple[Path, Summary]) -> None:
    truth = pl.read_parquet(typical[0] / "truth" / "records.parquet")
    assert truth.columns == ["dealer_id", "source", "source_key", "role", "person_id", "household_id", "file", "row_number"]
    assert not truth.select(*PLACE, "role").is_duplicated().any()
    assert not truth.drop_nulls("source_key").select("dealer_id", "source", "source_key", "role").is_duplicated().any()
    assert truth.drop("source_key").null_count().sum_horizontal().item() == 0
    assert truth.group_by("person_id").agg(pl.col("household_id").n_unique())["household_id"].max() == 1
    sizes = truth.group_by("person_id").len()["len"].cast(pl.Int64)
    assert 3.0 < sizes.mean() < 6.0
    pairs = sizes * (sizes - 1) // 2
    assert pairs.sort(descending=True).head(20).sum() < 0.08 * pairs.sum(), "true pairs are not those of a few giants"


def test_the_dealers_places_are_told_as_the_dictionary_has_them(typical: tuple[Path, Summary]) -> None:
    listed = pl.read_csv(typical[0] / "truth" / "dealers.csv")
    folders = {path.name for path in (typical[0] / "inbox").iterdir()}
    assert listed.columns == ["dealer_id", "name", "synonyms", "province", "city"]
    assert folders - {"CRM"} <= set(listed["dealer_id"])
    places = set(city_table().select("province", "city").rows())
    assert set(listed.select("province", "city").rows()) <= places


def test_truth_points_at_the_row(high: Path) -> None:
    truth = pl.read_parquet(high / "truth" / "records.parquet")
    for (dealer, name), rows in truth.group_by(["dealer_id", "file"], maintain_order=True):
        path = high / "inbox" / str(dealer) / str(name)
        if path.suffix == ".xlsx":
            page = openpyxl.load_workbook(path)["数据"]
            lines = [["" if cell is None else str(cell) for cell in row] for row in page.iter_rows(values_only=True)]
        else:
            raw = path.read_bytes()
            lines = [[line.decode("latin-1")] for line in raw.split(b"\n")]  # keys are ASCII in every encoding
        for key, number in rows.select("source_key", "row_number").iter_rows():
            assert any((key or "") in cell for cell in lines[number - 1]), (path, key, number)


def test_a_documented_share_of_dealers_sends_no_keys() -> None:
    sent = {source: [0, 0] for source in KEYLESS}
    for dealer in build_network(dealers=600, workbooks=0.0, seed=1).dealers:
        for source, layout in dealer.layouts.items():
            assert layout.keyless == ("key" not in layout.columns)
            assert source in KEYLESS or not layout.keyless
            if source in KEYLESS:
                sent[source][layout.keyless] += 1
    for source, (keyed, keyless) in sent.items():
        assert abs(keyless / (keyed + keyless) - KEYLESS[source]) < 0.1, source
        assert f"{source} {KEYLESS[source]:.0%}" in (ROOT / "docs" / "generator.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", [1, 2])
def test_any_number_of_processes_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr("generator.exports.CHUNK_ROWS", 200)
    monkeypatch.setattr("generator.workers.PROCESSES", 3)
    for out, least in (("alone", 1_501), ("three", 0)):
        monkeypatch.setattr("generator.workers.WORTH_ROWS", least)
        generate(Plan(out=tmp_path / out, rows=1_500, dealers=9, workbooks=0.0, seed=seed))
    assert digests(tmp_path / "alone") == digests(tmp_path / "three")


def test_measured_rates_are_the_documented_ones(typical: tuple[Path, Summary]) -> None:
    struck = dict(pl.read_parquet(typical[0] / "truth" / "errors.parquet").group_by("error").len().iter_rows())
    for error in ERRORS:
        expected = typical[1].expected.get(error.name, 0.0)
        assert expected > 0, f"{error.name} is never tried"
        assert abs(struck.get(error.name, 0) - expected) < 5 * expected**0.5 + 2, error.name


def test_every_error_is_made_at_high(high: Path) -> None:
    made = set(pl.read_parquet(high / "truth" / "errors.parquet")["error"])
    assert {error.name for error in ERRORS} - made <= {"phone_cut", "vin_placeholder"}, "only the rarest may be missing in 8,000 rows"


def test_errors_can_be_found_in_the_files(high: Path) -> None:
    text = ""
    for path in (high / "inbox").rglob("*"):
        if path.suffix in {".csv", ".txt"}:
            raw = path.read_bytes()
            for encoding in ("utf-8-sig", "gb18030"):
                try:
                    text += raw.decode(encoding)
                    break
                except UnicodeDecodeError:
                    continue
    for sign in (
        "=cmd|",
        "测试",
        "E+10",
        "E+17",
        "+86",
        "13800138000",
        "先生",
        "本人",
        "不详",
        "１",
        "无牌",
        "(车主)",
        "1900-01-00",
        "元",
        "同上",
    ):
        assert sign in text, sign
    assert "\n,,,," in text.replace("\r", ""), "blank rows"


def test_files_are_of_all_kinds(high: Path) -> None:
    kinds = Counter()
    for path in (high / "inbox").rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            kinds[path.suffix] += 1
            kinds["bom"] += raw.startswith(b"\xef\xbb\xbf")
            kinds["tabs"] += path.suffix == ".txt" and b"\t" in raw
            if path.suffix == ".csv":
                kinds[
                    "utf8"
                    if _decodes(raw, "utf-8")
                    else "big5"
                    if not _decodes(raw, "gb18030") or "D006" in str(path) or "D018" in str(path)
                    else "gb18030"
                ] += 1
    assert all(kinds[kind] for kind in (".csv", ".txt", ".xlsx", "bom", "tabs", "utf8", "gb18030", "big5")), kinds


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def test_headers_are_unique_and_text_is_well_formed(high: Path) -> None:
    for path in (high / "inbox").rglob("*.csv"):
        raw = path.read_bytes()
        encoding = "utf-8-sig" if _decodes(raw, "utf-8") else "gb18030"
        lines = list(csv.reader(raw.decode(encoding, errors="replace").splitlines(), delimiter=";" if b";" in raw.split(b"\n")[0] else ","))
        widths = Counter(map(len, lines))
        assert widths.most_common(1)[0][0] > 3
        header = max(lines[:2], key=lambda line: len(set(line)))
        assert len(set(header)) == len(header), path


def test_documentation_shows_the_rates_of_the_code() -> None:
    assert markdown_table() in (ROOT / "docs" / "generator.md").read_text(encoding="utf-8")


def test_samples_are_made_by_the_command_they_name(tmp_path: Path) -> None:
    readme = (ROOT / "data" / "samples" / "README.md").read_text(encoding="utf-8")
    line = next(line for line in readme.splitlines() if "chezhu generate" in line)
    arguments = line.split()[2:]
    arguments[arguments.index("--out") + 1] = str(tmp_path)
    assert CliRunner().invoke(command, arguments).exit_code == 0
    assert digests(tmp_path / "inbox") == digests(ROOT / "data" / "samples" / "inbox")
    size = sum(p.stat().st_size for p in (ROOT / "data" / "samples").rglob("*") if p.is_file())
    assert size < 3_000_000


def test_command_refuses_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    arguments = ["--out", str(tmp_path), "--rows", "100", "--dealers", "2"]
    refused = CliRunner().invoke(command, arguments)
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert CliRunner().invoke(command, [*arguments, "--force"]).exit_code == 0
    assert (tmp_path / "precious.txt").read_text() == "mine"
    assert CliRunner().invoke(command, ["--out", str(tmp_path), "--errors", "none"]).exit_code == 2
    assert "chezhu generate --out" in CliRunner().invoke(command, ["--help"]).output


def test_any_split_into_chunks_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of one dealer each, some of them without a single address, phone change or plate."""
    monkeypatch.setattr("generator.exports.CHUNK_ROWS", 1)
    made = generate(Plan(out=tmp_path, rows=500, dealers=25, workbooks=0.0))
    truth = pl.read_parquet(tmp_path / "truth" / "records.parquet")
    assert made.rows == 500
    assert 500 <= truth.select(PLACE).unique().height < 510
