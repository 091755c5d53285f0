"""The events that `almanac bench --export` wrote, and what the questions are about."""

import csv
import datetime
import shutil
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

FLOWS = ("post.items", "press.copies")
STOCKS = ("telephone.subscriptions", "internet.subscriptions")
DIMENSIONS = ("service", "technology", "operator", "direction", "scope", "postal_operator", "title")
YEAR = 2023
# Every series has a value for each day, so what there is of a stock at the end of a period is what there is on its last day. The
# peers are told so; Almanac looks for the last value of each series.
QUARTER_ENDS = ("2023-03-31", "2023-06-30", "2023-09-30", "2023-12-31")


class Events:
    """The files, and the table that analytic databases read."""

    def __init__(self, folder: Path, report: dict, work: Path):
        self.series_csv = folder / "series.csv"
        self.observations_csv = folder / "observations.csv"
        self.inhabitants_csv = folder / "inhabitants.csv"
        self.count = report["workload"]["observations"]
        # the year that is asked about, from the first month or quarter with a value
        days = report["workload"]["days"]
        first = datetime.date(YEAR, 12, 31) - datetime.timedelta(days=days - 1)
        self.first_month = 1 if first.year < YEAR else first.month
        self.work = work

    def series(self):
        """Each series as metric, district, province and a code or nothing for each of DIMENSIONS."""
        with self.series_csv.open(newline="") as file:
            for row in csv.DictReader(file):
                codes = dict(pair.split("=") for pair in row["codes"].split(";"))
                yield [row["metric"], row["district"], row["province"], *(codes.get(one, "") for one in DIMENSIONS)]

    def inhabitants(self):
        with self.inhabitants_csv.open(newline="") as file:
            return [(row["province"], int(row["year"]), int(row["inhabitants"])) for row in csv.DictReader(file)]

    def parquet(self) -> Path:
        """One row for each observation with all that it is about, as in the files of others; written when first asked for."""
        import pyarrow
        import pyarrow.csv
        import pyarrow.parquet

        path = self.work / "observations.parquet"
        if path.exists():
            return path
        names = ("metric", "district", "province", *DIMENSIONS)
        columns = [pyarrow.array(column).dictionary_encode() for column in zip(*self.series())]
        schema, writer = None, None
        for batch in pyarrow.csv.open_csv(self.observations_csv):
            series = batch.column("series").cast(pyarrow.int32())
            told = [pyarrow.DictionaryArray.from_arrays(column.indices.take(series), column.dictionary) for column in columns]
            table = pyarrow.table([series, *told, batch.column("day"), batch.column("value")], names=["series", *names, "day", "value"])
            if writer is None:
                schema = table.schema
                writer = pyarrow.parquet.ParquetWriter(path, schema)
            writer.write_table(table)
        writer.close()
        return path


def month(number):
    return f"{YEAR}-{number:02}"


def rounded(number) -> str:
    """With two decimals, half to even."""
    return str(Decimal(str(number)).quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def disk_bytes(folder: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def present(*programs):
    """The paths of programs, or None when one is not there."""
    found = [shutil.which(program) for program in programs]
    return found if all(found) else None
