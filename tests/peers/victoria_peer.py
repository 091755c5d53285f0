"""VictoriaMetrics, a server of its own in a temporary folder on a loopback port; loaded over HTTP. Its numbers are floats."""

import calendar
import datetime
import functools
import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager

from events import DIMENSIONS, FLOWS, STOCKS, YEAR, month, rounded
from main import Absent
from postgres_peer import free_port

PROGRAM = "victoria-metrics"
# samples of one request
AT_ONCE = 200_000


@functools.cache
def instant(day):
    return int(datetime.datetime.fromisoformat(day).replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)


class Peer:
    def __init__(self, events, uri):
        self.events, self.uri = events, uri
        self.requests = list(self.prepared())

    def version(self):
        with urllib.request.urlopen(f"{self.uri}/metrics") as answer:
            told = re.search('short_version="v?([^"]+)"', answer.read().decode())
        packaged = ["dpkg-query", "--show", "--showformat", "${Version}", PROGRAM]
        number = told.group(1) if told else subprocess.run(packaged, capture_output=True, text=True).stdout
        return f"VictoriaMetrics {number}".strip()

    def prepared(self):
        """The bodies to send: a line for each series and chunk of days, as they were recorded. Made before the clock runs."""
        series = list(self.events.series())
        lines, samples, current, values, days = [], 0, None, [], []
        with self.events.observations_csv.open() as file:
            next(file)
            for line in file:
                number, day, value = line.rstrip().split(",")
                if number != current:
                    if current is not None:
                        lines.append(self.line(series[int(current)], values, days))
                    current, values, days = number, [], []
                values.append(int(value))
                days.append(instant(day))
                samples += 1
                if samples % AT_ONCE == 0:
                    yield "\n".join(lines).encode()
                    lines = []
        lines.append(self.line(series[int(current)], values, days))
        for province, year, count in self.events.inhabitants():
            metric = {"__name__": "inhabitants", "province": province}
            lines.append(json.dumps({"metric": metric, "values": [count], "timestamps": [instant(f"{year}-12-31")]}))
        yield "\n".join(lines).encode()

    @staticmethod
    def line(series, values, days):
        metric, district, province, *codes = series
        labels = {name: code for name, code in zip(DIMENSIONS, codes) if code}
        name = {"__name__": "value", "metric": metric, "district": district, "province": province, **labels}
        return json.dumps({"metric": name, "values": values, "timestamps": days})

    def load(self):
        for body in self.requests:
            request = urllib.request.Request(f"{self.uri}/api/v1/import", data=body, method="POST")
            urllib.request.urlopen(request).read()
        self.requests = []
        # what was sent is not in the answers before
        urllib.request.urlopen(f"{self.uri}/internal/force_flush").read()

    def ask(self, expression, day):
        """The value of an expression at noon of a day, for each set of labels."""
        at = instant(day) // 1000 + 12 * 3600
        words = urllib.parse.urlencode({"query": expression, "time": at, "nocache": 1})
        with urllib.request.urlopen(f"{self.uri}/api/v1/query?{words}") as answer:
            result = json.load(answer)["data"]["result"]
        return [(one["metric"], one["value"][1]) for one in result]

    def months(self):
        for number in range(self.events.first_month, 13):
            days = calendar.monthrange(YEAR, number)[1]
            yield month(number), f"{month(number)}-{days}", f"{days}d"

    def q1(self):
        found = []
        for name, day, window in self.months():
            answer = self.ask(f'sum(sum_over_time(value{{metric="post.items",province="P01"}}[{window}]))', day)
            found += [("post.items", "P01", name, "", value) for _, value in answer]
        return found

    def q2(self):
        found = []
        for quarter in range((self.events.first_month + 2) // 3, 5):
            last = calendar.monthrange(YEAR, quarter * 3)[1]
            expression = 'sum(last_over_time(value{metric="internet.subscriptions",province="P01"}[90d])) by (technology)'
            answer = self.ask(expression, f"{month(quarter * 3)}-{last}")
            found += [("internet.subscriptions", "P01", f"{YEAR}-Q{quarter}", at["technology"], value) for at, value in answer]
        return found

    def q3(self):
        expression = 'sum(last_over_time(value{metric="telephone.subscriptions"}[365d])) by (province) * 100'
        people = "max(last_over_time(inhabitants[1d])) by (province)"
        answer = self.ask(f"({expression}) / ({people})", f"{YEAR}-12-31")
        return [("telephone.density", at["province"], YEAR, "", rounded(value)) for at, value in answer]

    def q4(self):
        found = []
        for name, day, window in self.months():
            for function, metrics in (("sum_over_time", FLOWS), ("last_over_time", STOCKS)):
                expression = f'sum({function}(value{{metric=~"{"|".join(metrics)}"}}[{window}])) by (metric, province)'
                answer = self.ask(expression, day)
                found += [(at["metric"], at["province"], name, "", value) for at, value in answer]
        return found


@contextmanager
def open_peer(events, work):
    if not shutil.which(PROGRAM):
        raise Absent(f"there is no {PROGRAM}; on Debian: apt-get install victoria-metrics")
    port = free_port()
    options = [f"-storageDataPath={work / 'data'}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y"]
    server = subprocess.Popen([PROGRAM, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        uri = f"http://127.0.0.1:{port}"
        wait(server, f"{uri}/health")
        yield Peer(events, uri)
    finally:
        server.terminate()
        server.wait()


def wait(server, uri):
    while server.poll() is None:
        try:
            return urllib.request.urlopen(uri).read()
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"the VictoriaMetrics server ended with code {server.returncode}")
