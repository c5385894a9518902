"""What a match must not load: pandas takes half a second, and pyarrow imports it where it is given an array of numpy's."""

from __future__ import annotations

import subprocess
import sys

MATCH = """
import sys
import polars as pl
from engine.duckdb import DuckDBEngine
from matching.match import match
from matching.spec import parse

spec = parse("record_id: id\\ncolumns: {who: name, born: date, tel: phone}\\n", where="m")
people = [(f"p{n:02}", f"ann{n % 7} lee{n % 5}", f"19{n:02}0101", f"1391234{n % 40:04}") for n in range(60)]
with DuckDBEngine() as engine:
    table = engine.from_frame(pl.DataFrame(people, schema=["id", "who", "born", "tel"], orient="row"))
    assert engine.count(match(engine, table, spec).clusters) == 60
print(*sorted({"pandas", "pyarrow.compute"} & set(sys.modules)))
"""


def test_a_match_imports_neither_pandas_nor_all_that_pyarrow_computes() -> None:
    done = subprocess.run([sys.executable, "-c", MATCH], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
