# SPDX-License-Identifier: Apache-2.0
"""Reads an export with a reader of data frames, with the types that the data dictionary says.

    data_frames.py pandas|duckdb FILE.csv < {"column": "type", …}

Prints the number of rows; exits with 1 where a column is of another type, and with 77 where the reader is not installed.
"""
import json
import sys


def with_pandas(path, types):
    import pandas

    kinds = {"text": "string", "json": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}
    times = [name for name, kind in types.items() if kind == "time"]
    frame = pandas.read_csv(
        path,
        dtype={name: kinds[kind] for name, kind in types.items() if kind != "time"},
        parse_dates=times,
        keep_default_na=False,
        na_values=[""],
    )
    found = {name: str(kind) for name, kind in frame.dtypes.items()}
    expected = {name: kinds.get(kind, "datetime64[ns, UTC]") for name, kind in types.items()}
    # A column without any value has no time zone.
    for name in times:
        if frame[name].isna().all():
            expected[name] = found[name]
    return found, expected, len(frame)


def with_duckdb(path, types):
    import duckdb

    kinds = {
        **{"text": "VARCHAR", "json": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"},
        "time": "TIMESTAMP WITH TIME ZONE",
    }
    expected = {name: kinds[kind] for name, kind in types.items()}
    table = duckdb.read_csv(path, header=True, dtype=expected)
    found = dict(zip(table.columns, (str(kind) for kind in table.types)))
    return found, expected, table.aggregate("count(*)").fetchall()[0][0]


def main(reader, path):
    types = json.load(sys.stdin)
    try:
        found, expected, rows = {"pandas": with_pandas, "duckdb": with_duckdb}[reader](path, types)
    except ModuleNotFoundError as error:
        print(error, file=sys.stderr)
        sys.exit(77)
    if found != expected:
        sys.exit(f"{reader}: {[(name, found.get(name), kind) for name, kind in expected.items() if found.get(name) != kind]}")
    print(rows)


main(*sys.argv[1:])
