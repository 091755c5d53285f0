"""Asks other databases the questions of `almanac bench` about the same events, and holds their answers against ours.

    main.py EVENTS REPORT WORK [--json FILE]

EVENTS is the folder of `almanac bench --export`, REPORT the file of `almanac bench --json` of the same workload and seed, WORK a
folder for what the peers write. A peer that is not on this machine is left out, with a line that says so. It fails when an
answer differs from ours in a single digit.
"""

import argparse
import importlib
import json
import statistics
import sys
import time
from pathlib import Path

from events import Events, disk_bytes

PEERS = [("duckdb_peer", "DuckDB"), ("clickhouse_peer", "ClickHouse"), ("postgres_peer", "PostgreSQL"), ("victoria_peer", "VictoriaMetrics")]
QUESTIONS = ["q1", "q2", "q3", "q4"]


class Absent(Exception):
    """A peer is not on this machine."""


def sorted_answer(figures):
    """Figures as (measure, area, period, code, value), sorted."""
    return sorted(tuple(str(part) for part in figure) for figure in figures)


def ours(report, question):
    keys = ("measure", "area", "period", "code", "value")
    return sorted(tuple(figure[key] for key in keys) for figure in report["answers"][question])


def difference(expected, answer):
    for one, other in zip(expected, answer):
        if one != other:
            return f"{other} where ours is {one}"
    return f"{len(answer)} figures where ours are {len(expected)}"


def median_ms(ask, seconds, times):
    """The median of asking one after the other, each time with the answer in the hands of the asker."""
    taken, begun = [], time.perf_counter()
    while not taken or (len(taken) < times and time.perf_counter() - begun < seconds):
        asked = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - asked) * 1000)
    return statistics.median(taken)


def measure(module, events, report, work, seconds):
    """Loads the events and asks: what was measured, and whether all answers are ours."""
    work.mkdir(parents=True)
    with module.open_peer(events, work) as peer:
        begun = time.perf_counter()
        peer.load()
        found = {"version": peer.version(), "load": events.count / (time.perf_counter() - begun)}
        found["disk"] = disk_bytes(work) / events.count
        for question in QUESTIONS:
            ask = getattr(peer, question)
            answer, expected = sorted_answer(ask()), ours(report, question)
            if answer != expected:
                raise SystemExit(f"{peer.version()} differs in {question}: {difference(expected, answer)}")
            found[question] = median_ms(ask, seconds, 200)
    return found


def our_numbers(report):
    rows = {row["id"]: row["measured"] for row in report["rows"]}
    return {"load": rows["loaded"], "disk": rows["disk"], **{question: rows[question] for question in QUESTIONS}}


def ratio(row, mine, theirs):
    """How many times better ours is; below 1 the peer wins."""
    return theirs / mine if row != "load" else mine / theirs


def shown(row, number):
    if row == "load":
        return f"{number / 1e6:.2f} M/s"
    return f"{number:.1f} B" if row == "disk" else f"{number:.2f} ms"


def told(ratio):
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"


def table(report, found):
    """In Markdown: ours, and of each peer the number and how many times better ours is."""
    mine = our_numbers(report)
    names = {"load": "load", "disk": "disk, an event", "q1": "Q1", "q2": "Q2", "q3": "Q3", "q4": "Q4"}
    lines = ["| | Almanac | " + " | ".join(peer["version"] for peer in found) + " |", "|---" * (len(found) + 2) + "|"]
    for row, name in names.items():
        cells = [f"{shown(row, peer[row])} ({told(ratio(row, mine[row], peer[row]))}x)" for peer in found]
        lines.append(f"| {name} | {shown(row, mine[row])} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("events", "report", "work"):
        # absolute: the servers have folders of their own
        arguments.add_argument(name, type=lambda text: Path(text).resolve())
    arguments.add_argument("--seconds", type=float, default=5.0)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    report = json.loads(given.report.read_text())
    events, found = Events(given.events, report, given.work), []
    for module, name in PEERS:
        try:
            print(f"{name} ...", file=sys.stderr, flush=True)
            found.append(measure(importlib.import_module(module), events, report, given.work / module, given.seconds))
            told = {row: shown(row, number) for row, number in found[-1].items() if row != "version"}
            print(f"{found[-1]['version']}: {told}", file=sys.stderr, flush=True)
        except (Absent, ImportError) as absent:
            print(f"{name} is left out: {absent}", file=sys.stderr)
    if given.json:
        given.json.write_text(json.dumps({"ours": our_numbers(report), "peers": found}, indent=2) + "\n")
    print(f"All answers to {', '.join(QUESTIONS)} are ours to the last digit: {len(found)} peers, {events.count} events.")
    print("In brackets: how many times better Almanac is; below 1 the peer wins.\n")
    print(table(report, found))


if __name__ == "__main__":
    # the peers find `Absent` here, whoever was imported first
    sys.modules["main"] = sys.modules["__main__"]
    main()
