# SPDX-License-Identifier: Apache-2.0
"""Recomputes medians and intervals of every case from the exported trials, with nothing of vswbench.

    recompute.py TRIALS.csv CASES.csv DOCUMENTS.json

Exits with 1 where the table of cases or the document says anything else.
"""
import collections
import csv
import json
import math
import sys

# 97.5 % quantiles of Student's t for 1 to 4 degrees of freedom.
STUDENT = [12.7062, 4.3027, 3.1824, 2.7764]


def interval(values):
    """Median, bounds of its 95 % interval and its method, as docs/method.md has them."""
    values = sorted(values)
    n = len(values)
    if n == 0:
        return (None, None, None, "")
    median = (values[(n - 1) // 2] + values[n // 2]) / 2
    if n == 1:
        return (median, None, None, "none")
    if n < 6:
        mean = math.fsum(values) / n
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
        half = STUDENT[n - 2] * deviation / math.sqrt(n)
        low = max(0 if values[0] >= 0 else -math.inf, min(mean - half, median))
        return (median, low, max(mean + half, median), "student-t")
    # The most values that may be left out on each side: a binomial tail of at most 2.5 %.
    left_out = 0
    while sum(math.comb(n, k) for k in range(left_out + 1 + 1)) / 2**n <= 0.025:
        left_out += 1
    return (median, values[left_out], values[n - 1 - left_out], "order-statistics")


def standing(trials):
    """The trial that stands for each round: docs/decisions, repetitions."""
    rounds = collections.defaultdict(dict)
    for trial in trials:
        rounds[int(trial["round"])][int(trial["repetition"])] = trial
    for _, both in sorted(rounds.items()):
        first, again = both.get(0), both.get(1)
        is_better = again is not None and again["outcome"] == "measured" and (
            first is None or first["outcome"] != "measured" or "disturbed" not in again["flags"].split()
        )
        yield again if is_better else first


def agree(what, ours, theirs):
    theirs = None if theirs in ("", None) else float(theirs)
    if ours is None and theirs is None:
        return
    if ours is None or theirs is None or not math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12):
        sys.exit(f"{what}: recomputed {ours}, told {theirs}")


def key(row):
    return (row["campaign_id"], int(row["case_index"]))


def main(trials_path, cases_path, document_path):
    by_case = collections.defaultdict(list)
    with open(trials_path, newline="", encoding="utf-8") as file:
        for trial in csv.DictReader(file):
            by_case[key(trial)].append(trial)
    with open(cases_path, newline="", encoding="utf-8") as file:
        cases = list(csv.DictReader(file))
    with open(document_path, encoding="utf-8") as file:
        results = [result for line in file for result in json.loads(line)["results"]]
    if len(cases) != len(results):
        sys.exit(f"{len(cases)} cases, and {len(results)} in the document")
    compared = 0
    for case, result in zip(cases, results):
        trials = [one for one in standing(by_case[key(case)]) if one["outcome"] == "measured"]
        summary = result["summary"]
        if (summary is None) != (not trials):
            sys.exit(f"case {key(case)}: measured or not?")
        columns = ["throughput_pps", "throughput_bps"]
        if case["dimension"] == "latency":
            columns.append("rtt_p50_ns")
        for column in columns:
            values = [float(one[column]) for one in trials if one[column] != ""]
            if len(values) < len(trials):
                continue
            median, low, high, method = interval(values)
            name = f"case {key(case)} {column}"
            agree(name, median, case[column])
            agree(f"{name}, lower bound", low, case[f"{column}_ci_low"])
            agree(f"{name}, upper bound", high, case[f"{column}_ci_high"])
            if method != case[f"{column}_method"]:
                sys.exit(f"{name}: {method}, told {case[f'{column}_method']}")
            compared += 1
        if summary is not None:
            agree("the document", interval([float(one["throughput_pps"]) for one in trials])[0], summary["throughputPps"]["median"])
        for trial, told in zip(by_case[key(case)], result["trials"]):
            agree("a trial", float(trial["throughput_pps"]) if trial["throughput_pps"] else None, told.get("throughputPps"))
    print(compared)


if __name__ == "__main__":
    main(*sys.argv[1:])
