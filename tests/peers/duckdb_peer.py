"""DuckDB, in this process, with a database file; loaded from Parquet."""

from contextlib import contextmanager

import duckdb

from events import FLOWS, QUARTER_ENDS, STOCKS, YEAR, month, rounded


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
        rows = self.ask(f"""select quarter(day) as quarter, technology, sum(value) from observations
            where metric = 'internet.subscriptions' and province = 'P01' and day in {QUARTER_ENDS} group by quarter, technology""")
        return [("internet.subscriptions", "P01", f"{YEAR}-Q{quarter}", code, value) for quarter, code, value in rows]

    def q3(self):
        rows = self.ask(f"""select province, sum(value) * 100 / min(inhabitants) from observations
            join (select province, inhabitants from inhabitants where year = {YEAR}) as people using (province)
            where metric = 'telephone.subscriptions' and day = '{YEAR}-12-31' group by province""")
        return [("telephone.density", province, YEAR, "", rounded(value)) for province, value in rows]

    def q4(self):
        rows = self.ask(f"""select metric, province, month(day) as month, sum(value) from observations
            where day between '{YEAR}-01-01' and '{YEAR}-12-31'
            and (metric in {FLOWS} or metric in {STOCKS} and day = last_day(day)) group by metric, province, month""")
        return [(metric, province, month(at), "", value) for metric, province, at, value in rows]


@contextmanager
def open_peer(events, work):
    peer = Peer(events, work)
    try:
        yield peer
    finally:
        peer.database.close()
