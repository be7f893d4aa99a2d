# SPDX-License-Identifier: Apache-2.0
"""Computes every number in the page's tables of results from the exported trials, with nothing of vswbench.

    page.py TRIALS.csv REPORT.html

Prints how many numbers it compared; exits with 1 where a cell says anything else, and where there is a column that nobody checks.
"""
import collections
import csv
import html.parser
import json
import math
import re
import sys

from recompute import interval, standing


class Tables(html.parser.HTMLParser):
    """The tables of the section `results`: a caption, the titles, and rows of cells. What is below a name (`span`) is no part of it."""

    def __init__(self):
        super().__init__()
        self.tables, self.inside, self.row, self.text, self.span = [], False, None, None, 0

    def handle_starttag(self, tag, attributes):
        if tag == "section":
            self.inside = dict(attributes).get("id") == "results"
        elif self.inside and tag == "table":
            self.tables.append({"caption": "", "rows": []})
        elif self.inside and tag == "tr":
            self.row = []
        elif self.inside and tag in ("th", "td", "caption"):
            self.text = ""
        elif tag == "span":
            self.span += 1

    def handle_endtag(self, tag):
        if tag == "span":
            self.span -= 1
        elif tag == "caption" and self.text is not None:
            self.tables[-1]["caption"] = self.text
            self.text = None
        elif tag in ("th", "td") and self.text is not None:
            self.row.append(self.text)
            self.text = None
        elif tag == "tr" and self.row is not None:
            self.tables[-1]["rows"].append(self.row)
            self.row = None

    def handle_data(self, text):
        if self.text is not None and self.span == 0:
            self.text += text


def median(values):
    return interval(values)[0]


def numbers(trials, column):
    return [float(one[column]) for one in trials if one[column] != ""]


def fits(told, ours):
    """Whether a number as it is written is this one, rounded to its digits."""
    digits = len(told.partition(".")[2])
    return math.isclose(float(told), ours, rel_tol=1e-9, abs_tol=0.5 * 10**-digits + 1e-9)


PPS = {"pps": 1, "kpps": 1e3, "Mpps": 1e6}
TIMES = {"RTT p50, µs": "rtt_p50_ns", "mean, µs": "rtt_mean_ns", "p99, µs": "rtt_p99_ns", "p99.9, µs": "rtt_p999_ns"}
CPUS = {"sender": "sender", "client": "sender", "source": "sender", "receiver": "receiver", "server": "receiver", "sink": "receiver", "switch": "switch"}


def jain(trial):
    rates = [pair["throughputPps"] for pair in json.loads(trial["pairs_json"])]
    return sum(rates) ** 2 / (len(rates) * sum(rate**2 for rate in rates))


def expected(title, trials, deciding, scale):
    """What a cell has to say, as numbers; None where the trials alone do not tell it."""
    if title in PPS:
        return [median(numbers(trials, "throughput_pps")) / PPS[title]]
    if title == "95 % interval":
        return [bound / scale for bound in interval(numbers(trials, deciding))[1:3] if bound is not None]
    if title == "Gbit/s":
        return [median(numbers(trials, "throughput_bps")) / 1e9]
    if title.endswith("/CPU"):
        return [median(numbers(trials, "throughput_pps")) / median(numbers(trials, "total_cpus")) / PPS[title[:-4]]]
    if title in TIMES:
        values = numbers(trials, TIMES[title])
        # Too few packets a trial for the percentile: the histograms of all of them tell it together.
        return [median(values) / 1e3] if len(values) == len(trials) else None
    if title == "Loss":
        sent = sum(numbers(trials, "steady_offered_packets"))
        return [100 * (sent - sum(numbers(trials, "steady_received_packets")) - sum(numbers(trials, "steady_corrupted_packets"))) / sent]
    if title == "Fair":
        return [median([jain(one) for one in trials])]
    if title == "CPUs":
        return [median(numbers(trials, "total_cpus"))]
    if title.endswith(" CPUs"):
        return [median(numbers(trials, f"{CPUS[title[:-5]]}_cpus"))]
    sys.exit(f"nobody checks the column '{title}'")


def describes(title, cell, trial):
    """Whether a cell that names its row is of this trial; None for a title of figures."""
    if title == "Switch · framework":
        return cell == f"{trial['switch']} · {trial['io']}" + ("" if trial["port"] in ("netdev", trial["io"]) else f"/{trial['port']}")
    if title == "Pairs":
        return cell == f"{trial['pairs']}vs{trial['pairs']}"
    if title == "Size":
        return cell == f"{trial['packet_size_bytes']} B"
    if title == "Rate":
        pps = "" if cell == "max" else str(round(float(cell.rstrip("k")) * (1000 if cell.endswith("k") else 1)))
        return trial["rate_pps"] == pps
    return None


def main(trials_path, page_path):
    by_case = collections.defaultdict(list)
    with open(trials_path, newline="", encoding="utf-8") as file:
        for trial in csv.DictReader(file):
            by_case[trial["case_index"]].append(trial)
    page = Tables()
    with open(page_path, encoding="utf-8") as file:
        page.feed(file.read())
    compared, rows_seen = 0, set()
    for table in page.tables:
        dimension = table["caption"].split(",")[0].lower()
        titles, *rows = table["rows"]
        if dimension not in ("throughput", "latency"):
            continue
        deciding = "rtt_p50_ns" if dimension == "latency" else "throughput_pps"
        scale = 1e3 if dimension == "latency" else PPS[next(title for title in titles if title in PPS)]
        for row in rows:
            named = [(title, cell) for title, cell in zip(titles, row) if title in ("Switch · framework", "Pairs", "Size", "Rate")]
            cases = [
                (index, trials)
                for index, trials in by_case.items()
                if trials[0]["dimension"] == dimension and all(describes(title, cell, trials[0]) for title, cell in named)
            ]
            if len(cases) != 1:
                sys.exit(f"the row {row} is of {len(cases)} cases")
            index, everything = cases[0]
            rows_seen.add(index)
            trials = [one for one in standing(everything) if one["outcome"] == "measured"]
            for title, cell in zip(titles, row):
                if (title, cell) in named or title == "Notes" or cell in ("", "–"):
                    continue
                if title == "Trials":
                    rounds = len({one["round"] for one in everything})
                    repeated = sum(one["repetition"] != "0" for one in everything)
                    ours = [rounds] if len(trials) == rounds else [len(trials), rounds]
                    ours += [repeated] if repeated > 0 else []
                elif title == "Of direct; limit":
                    ours = [ceiling(trials, everything[0], by_case)]
                else:
                    ours = expected(title, trials, deciding, scale)
                if ours is None:
                    continue
                told = re.findall(r"\d+(?:\.\d+)?", cell)
                if title == "Loss" and cell.startswith("<"):
                    agrees = 0 < ours[0] < 0.01
                else:
                    agrees = len(told) == len(ours) and all(fits(one, other) for one, other in zip(told, ours))
                if not agrees:
                    sys.exit(f"{row[0]}, {title}: recomputed {ours}, the page says '{cell}'")
                compared += len(ours)
    measured = {index for index, trials in by_case.items() if any(one["outcome"] == "measured" for one in trials)}
    if rows_seen != measured:
        sys.exit(f"cases without a row: {sorted(measured - rows_seen)}")
    print(compared)


def ceiling(trials, case, by_case):
    """Percent of what the same case does without a switch."""
    same = ("dimension", "io", "port", "pairs", "packet_size_bytes", "rate_pps", "burst_packets")
    for others in by_case.values():
        if others[0]["switch"] == "direct" and all(others[0][name] == case[name] for name in same):
            bare = [one for one in standing(others) if one["outcome"] == "measured"]
            return 100 * median(numbers(trials, "throughput_pps")) / median(numbers(bare, "throughput_pps"))
    sys.exit(f"no ceiling for {case['switch']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
