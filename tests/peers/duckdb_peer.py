"""DuckDB, in this process, with a database file; loaded from Parquet."""

from contextlib import contextmanager

import duckdb

from events import FLOWS, STOCKS, YEAR, month, rounded


class Peer:
    def __init__(self, events, work):
        self.events, self.database = events, duckdb.connect(str(work / "observations.duckdb"))
        self.parquet = events.parquet()

    def version(self):
        return f"DuckDB {duckdb.__version__}"

    def load(self):
        self.database.execute(f"create table observations as select * from read_parquet('{self.parquet}')")
        self.database.execute("create table inhabitants (province text, year int, inhabitants bigint)")
        self.database.executemany("insert into inhabitants values (?, ?, ?)", self.events.inhabitants())
        self.database.execute("checkpoint")

    def ask(self, sql):
        return self.database.execute(sql).fetchall()

    def q1(self):
        rows = self.ask(f"""select month(day), sum(value) from observations
            where metric = 'post.items' and province = 'P01' and day between '{YEAR}-01-01' and '{YEAR}-12-31' group by all""")
        return [("post.items", "P01", month(at), "", value) for at, value in rows]

    def q2(self):
        rows = self.ask(f"""select quarter, technology, sum(value) from (
            select series, quarter(day) as quarter, any_value(technology) as technology, arg_max(value, day) as value
            from observations where metric = 'internet.subscriptions' and province = 'P01'
            and day between '{YEAR}-01-01' and '{YEAR}-12-31' group by series, quarter) group by all""")
        return [("internet.subscriptions", "P01", f"{YEAR}-Q{quarter}", code, value) for quarter, code, value in rows]

    def q3(self):
        rows = self.ask(f"""select province, sum(value) * 100 / any_value(inhabitants) from (
            select any_value(province) as province, arg_max(value, day) as value from observations
            where metric = 'telephone.subscriptions' and day between '{YEAR}-01-01' and '{YEAR}-12-31' group by series)
            join (select * from inhabitants where year = {YEAR}) using (province) group by province""")
        return [("telephone.density", province, YEAR, "", rounded(value)) for province, value in rows]

    def q4(self):
        rows = self.ask(f"""select metric, province, month(day), sum(value) from observations
            where metric in {FLOWS} and day between '{YEAR}-01-01' and '{YEAR}-12-31' group by all
            union all select metric, province, month, sum(value) from (
            select any_value(metric) as metric, any_value(province) as province, month(day) as month,
            arg_max(value, day) as value from observations
            where metric in {STOCKS} and day between '{YEAR}-01-01' and '{YEAR}-12-31' group by series, month) group by all""")
        return [(metric, province, month(at), "", value) for metric, province, at, value in rows]


@contextmanager
def open_peer(events, work):
    peer = Peer(events, work)
    try:
        yield peer
    finally:
        peer.database.close()
