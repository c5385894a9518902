"""Makes lunar_years.csv: the months of each year of the Chinese calendar, from the package lunar_python (MIT), held against cnlunar (MIT).

python data/reference/update_lunar_years.py
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import polars as pl

HERE = Path(__file__).resolve().parent
PACKAGE = "lunar_python==1.4.8"
YEARS = range(1900, 2101)
JULIAN_DAY_OF_ORDINAL_0 = 1_721_425


def table(first: int, last: int) -> pl.DataFrame:
    """``year, new_year, leap`` (the number of the month that comes twice; null), ``lengths`` (days of the months in order, ``|`` between)."""
    lunar_year = importlib.import_module("lunar_python").LunarYear
    rows = []
    for year in range(first, last + 1):
        months = [month for month in lunar_year.fromYear(year).getMonths() if month.getYear() == year]
        leap = next((-month.getMonth() for month in months if month.getMonth() < 0), None)
        new_year = date.fromordinal(int(months[0].getFirstJulianDay()) - JULIAN_DAY_OF_ORDINAL_0)
        rows.append((year, new_year, leap, "|".join(str(month.getDayCount()) for month in months)))
    made = pl.DataFrame(rows, schema={"year": pl.Int64, "new_year": pl.Date, "leap": pl.Int64, "lengths": pl.String}, orient="row")
    for (_, start, _, lengths), (_, following, _, _) in zip(made.rows()[:-1], made.rows()[1:], strict=True):
        assert start + timedelta(days=sum(map(int, lengths.split("|")))) == following
    return made


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, PACKAGE], check=True)
        sys.path.insert(0, folder)
        table(YEARS[0], YEARS[-1]).write_csv(HERE / "lunar_years.csv")


if __name__ == "__main__":
    main()
