"""PostgreSQL, a server of its own in a temporary folder on a loopback port, with its defaults; loaded with COPY."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from glob import glob
from pathlib import Path

import psycopg

from events import DIMENSIONS, FLOWS, QUARTER_ENDS, STOCKS, YEAR, month, rounded
from main import Absent


def programs():
    """The folder of initdb and postgres, which Debian keeps off the path."""
    folders = sorted(glob("/usr/lib/postgresql/*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if not folders and not on_path:
        raise Absent("there is no initdb; on Debian: apt-get install postgresql")
    return Path(folders[0]) if folders else Path(on_path).parent


class Peer:
    def __init__(self, events, connection):
        self.events, self.connection = events, connection

    def version(self):
        return f"PostgreSQL {self.ask('show server_version')[0][0].split()[0]}"

    def load(self):
        texts = ", ".join(f"{name} text" for name in ("metric", "district", "province", *DIMENSIONS))
        run = self.connection.execute
        run(f"create table series (series int primary key, {texts})")
        run("create table observations (series int, day date, value bigint)")
        run("create table inhabitants (province text, year int, inhabitants bigint)")
        with self.connection.cursor().copy("copy series from stdin") as copy:
            for number, row in enumerate(self.events.series()):
                copy.write_row((number, *row))
        self.copy("observations", self.events.observations_csv)
        self.copy("inhabitants", self.events.inhabitants_csv)
        run("create index on observations (day, series) include (value)")
        run("create index on observations (series, day) include (value)")
        run("vacuum analyze")

    def copy(self, table, path):
        with self.connection.cursor().copy(f"copy {table} from stdin with (format csv, header)") as copy, path.open("rb") as file:
            while block := file.read(1 << 20):
                copy.write(block)

    def ask(self, sql):
        return self.connection.execute(sql).fetchall()

    def q1(self):
        rows = self.ask(f"""select extract(month from day)::int as month, sum(value) from observations join series using (series)
            where metric = 'post.items' and province = 'P01' and day between '{YEAR}-01-01' and '{YEAR}-12-31' group by month""")
        return [("post.items", "P01", month(at), "", value) for at, value in rows]

    def q2(self):
        rows = self.ask(f"""select extract(quarter from day)::int as quarter, technology, sum(value) from observations join series using (series)
            where metric = 'internet.subscriptions' and province = 'P01' and day in {QUARTER_ENDS} group by quarter, technology""")
        return [("internet.subscriptions", "P01", f"{YEAR}-Q{quarter}", code, value) for quarter, code, value in rows]

    def q3(self):
        rows = self.ask(f"""select province, sum(value) * 100 / min(inhabitants) from observations join series using (series)
            join (select province, inhabitants from inhabitants where year = {YEAR}) as people using (province)
            where metric = 'telephone.subscriptions' and day = '{YEAR}-12-31' group by province""")
        return [("telephone.density", province, YEAR, "", rounded(value)) for province, value in rows]

    def q4(self):
        rows = self.ask(f"""select metric, province, extract(month from day)::int as month, sum(value) from observations join series using (series)
            where day between '{YEAR}-01-01' and '{YEAR}-12-31'
            and (metric in {FLOWS} or metric in {STOCKS} and day = (date_trunc('month', day) + interval '1 month' - interval '1 day')::date) group by metric, province, month""")
        return [(metric, province, month(at), "", value) for metric, province, at, value in rows]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def open_peer(events, work):
    folder, port = programs(), free_port()
    # the server refuses to run as root
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(work, "postgres", "postgres")
        for above in work.parents:
            if above.stat().st_uid == os.geteuid() and above != Path("/"):
                above.chmod(above.stat().st_mode | 0o011)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([folder / "initdb", "-D", work / "data", "-A", "trust", "-U", "postgres"], check=True, cwd=work, **quiet, **user)
    options = ["-h", "127.0.0.1", "-p", str(port), "-c", "unix_socket_directories="]
    server = subprocess.Popen([folder / "postgres", "-D", work / "data", *options], cwd=work, **quiet, **user)
    try:
        with connected(port, server) as connection:
            yield Peer(events, connection)
    finally:
        server.terminate()
        server.wait()


def connected(port, server):
    while server.poll() is None:
        try:
            return psycopg.connect(f"host=127.0.0.1 port={port} user=postgres dbname=postgres", autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise SystemExit(f"the PostgreSQL server ended with code {server.returncode}")
