"""docs/cleansing.md lists the reasons as they are."""

from pathlib import Path

from cleansing.reasons import REASONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cleansing.md"


def test_every_reason_is_documented_as_it_is() -> None:
    wanted = {f"| {r.code} | {r.dimension} | {r.penalty} | {'yes' if r.repaired else ''} | {r.zh}; {r.en} |" for r in REASONS.values()}
    listed = {
        line for line in PAGE.read_text("utf-8").split("## Reasons", 1)[1].splitlines() if line.startswith("| ") and "---" not in line
    }
    assert wanted == listed - {"| code | dimension | points | repaired | meaning |"}
