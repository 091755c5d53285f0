"""ClickHouse, in this process (chdb), with a MergeTree on disk; loaded from Parquet."""

import json
from contextlib import contextmanager

import chdb
from chdb.session import Session

from events import DIMENSIONS, FLOWS, QUARTER_ENDS, STOCKS, YEAR, month, rounded


class Peer:
    def __init__(self, events, work):
        self.events, self.session = events, Session(str(work))
        self.parquet = events.parquet()

    def version(self):
        return f"ClickHouse {self.ask('select version()')[0][0]} (chdb {chdb.__version__})"

    def load(self):
        texts = ", ".join(f"{name} LowCardinality(String)" for name in ("metric", "district", "province", *DIMENSIONS))
        self.session.query("create database if not exists bench")
        self.session.query(f"create table bench.observations (series Int32, {texts}, day Date, value Int64) engine = MergeTree order by (metric, province, series, day)")
        self.session.query(f"insert into bench.observations select * from file('{self.parquet}', Parquet)")
        self.session.query("create table bench.inhabitants (province String, year Int32, inhabitants Int64) engine = MergeTree order by province")
        values = ", ".join(f"('{province}', {year}, {count})" for province, year, count in self.events.inhabitants())
        self.session.query(f"insert into bench.inhabitants values {values}")

    def ask(self, sql):
        answer = self.session.query(sql, "JSONCompact")
        return json.loads(answer.bytes() if hasattr(answer, "bytes") else str(answer))["data"]

    def q1(self):
        rows = self.ask(f"""select toMonth(day) as month, toString(sum(value)) from bench.observations
            where metric = 'post.items' and province = 'P01' and day between '{YEAR}-01-01' and '{YEAR}-12-31' group by month""")
        return [("post.items", "P01", month(at), "", value) for at, value in rows]

    def q2(self):
        rows = self.ask(f"""select toQuarter(day) as quarter, technology, toString(sum(value)) from bench.observations
            where metric = 'internet.subscriptions' and province = 'P01' and day in {QUARTER_ENDS} group by quarter, technology""")
        return [("internet.subscriptions", "P01", f"{YEAR}-Q{quarter}", code, value) for quarter, code, value in rows]

    def q3(self):
        rows = self.ask(f"""select province, toString(sum(value) * 100 / min(inhabitants)) from bench.observations
            join (select province, inhabitants from bench.inhabitants where year = {YEAR}) as people using (province)
            where metric = 'telephone.subscriptions' and day = '{YEAR}-12-31' group by province""")
        return [("telephone.density", province, YEAR, "", rounded(value)) for province, value in rows]

    def q4(self):
        rows = self.ask(f"""select metric, province, toMonth(day) as month, toString(sum(value)) from bench.observations
            where day between '{YEAR}-01-01' and '{YEAR}-12-31'
            and (metric in {FLOWS} or metric in {STOCKS} and day = toLastDayOfMonth(day)) group by metric, province, month""")
        return [(metric, province, month(at), "", value) for metric, province, at, value in rows]


@contextmanager
def open_peer(events, work):
    peer = Peer(events, work)
    try:
        yield peer
    finally:
        peer.session.close()
