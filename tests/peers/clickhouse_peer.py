"""ClickHouse, in this process (chdb), with a MergeTree on disk; loaded from Parquet."""

import json
from contextlib import contextmanager

import chdb
from chdb.session import Session

from events import DIMENSIONS, FLOWS, STOCKS, YEAR, rounded


class Peer:
    def __init__(self, events, work):
        self.events, self.session = events, Session(str(work))
        self.parquet = events.parquet()

    def version(self):
        return f"ClickHouse {self.ask('select version()')[0][0]} (chdb {chdb.__version__})"

    def load(self):
        texts = ", ".join(f"{name} LowCardinality(String)" for name in ("metric", "district", "province", *DIMENSIONS))
        keys = ", ".join(("metric", "province", "district", *DIMENSIONS, "day"))
        self.session.query("create database if not exists bench")
        self.session.query(f"create table bench.observations ({texts}, day Date, value Int64) engine = MergeTree order by ({keys})")
        self.session.query(f"insert into bench.observations select * from file('{self.parquet}', Parquet)")
        self.session.query("create table bench.inhabitants (province String, year Int32, inhabitants Int64) engine = MergeTree order by province")
        values = ", ".join(f"('{province}', {year}, {count})" for province, year, count in self.events.inhabitants())
        self.session.query(f"insert into bench.inhabitants values {values}")

    def ask(self, sql):
        answer = self.session.query(sql, "JSONCompact")
        return json.loads(answer.bytes() if hasattr(answer, "bytes") else str(answer))["data"]

    def q1(self):
        rows = self.ask(f"""select formatDateTime(day, '%Y-%m') as month, toString(sum(value)) from bench.observations
            where metric = 'post.items' and province = 'P01' and toYear(day) = {YEAR} group by month""")
        return [("post.items", "P01", month, "", value) for month, value in rows]

    def q2(self):
        rows = self.ask(f"""select quarter, technology, toString(sum(value)) from (
            select toQuarter(day) as quarter, technology, district, operator, argMax(value, day) as value
            from bench.observations where metric = 'internet.subscriptions' and province = 'P01' and toYear(day) = {YEAR}
            group by quarter, technology, district, operator) group by quarter, technology""")
        return [("internet.subscriptions", "P01", f"{YEAR}-Q{quarter}", code, value) for quarter, code, value in rows]

    def q3(self):
        rows = self.ask(f"""select province, toString(sum(last) * 100 / any(inhabitants)) from (
            select province, district, service, operator, argMax(value, day) as last from bench.observations
            where metric = 'telephone.subscriptions' and toYear(day) = {YEAR} group by province, district, service, operator) as levels
            join (select province, inhabitants from bench.inhabitants where year = {YEAR}) as people using (province)
            group by province""")
        return [("telephone.density", province, YEAR, "", rounded(value)) for province, value in rows]

    def q4(self):
        rows = self.ask(f"""select metric, province, formatDateTime(day, '%Y-%m') as month, toString(sum(value)) from bench.observations
            where metric in {FLOWS} and toYear(day) = {YEAR} group by metric, province, month
            union all select metric, province, month, toString(sum(value)) from (
            select metric, province, formatDateTime(day, '%Y-%m') as month, district, service, technology, operator,
            argMax(value, day) as value from bench.observations where metric in {STOCKS} and toYear(day) = {YEAR}
            group by metric, province, month, district, service, technology, operator) group by metric, province, month""")
        return [(metric, province, month, "", value) for metric, province, month, value in rows]


@contextmanager
def open_peer(events, work):
    peer = Peer(events, work)
    try:
        yield peer
    finally:
        peer.session.close()
