"""Makes nicknames.csv: English given names that are short for, or another form of, each other.

Run ``python data/reference/update_nicknames.py`` with pip at hand, or with ``--names FILE``. Source: names.csv of nicknames 1.0.1 (Apache-2.0,
Carlton Northern and contributors), a list made by hand: name and nickname, lower case, each pair once.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import polars as pl

HERE = Path(__file__).resolve().parent
PACKAGE = "nicknames==1.0.1"


def fetched(folder: Path) -> bytes:
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE], check=True)
    (wheel,) = folder.glob("nicknames-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        return packed.read("nicknames/names.csv")


def table(names: bytes) -> pl.DataFrame:
    read = pl.read_csv(io.BytesIO(names))
    name = pl.col("name1", "name2").str.strip_chars().str.to_lowercase()
    found = read.filter(pl.col("relationship") == "has_nickname").select(name).filter(pl.col("name1") != pl.col("name2"))
    return found.rename({"name1": "name", "name2": "nickname"}).unique().sort("name", "nickname")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=Path, help="names.csv of nicknames, where it is at hand")
    given = parser.parse_args().names
    with tempfile.TemporaryDirectory() as folder:
        table(given.read_bytes() if given else fetched(Path(folder))).write_csv(HERE / "nicknames.csv")


if __name__ == "__main__":
    main()
