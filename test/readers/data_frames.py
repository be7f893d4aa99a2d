# SPDX-License-Identifier: Apache-2.0
"""Reads an export with a reader of data frames, with the types that the data dictionary says.

    data_frames.py pandas|duckdb FILE.csv [FILE.parquet] < {"column": "type", …}

Prints the number of rows; exits with 1 where a column is of another type, or the second file tells anything else than the first, and with
77 where the reader is not installed.
"""
import json
import re
import sys


def with_pandas(path, types, parquet):
    import pandas

    kinds = {"text": "string", "json": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}
    times = [name for name, kind in types.items() if kind == "time"]
    frame = pandas.read_csv(
        path,
        dtype={name: kinds[kind] for name, kind in types.items() if kind != "time"},
        parse_dates=times,
        keep_default_na=False,
        na_values=[""],
        float_precision="round_trip",
    )
    found = {name: str(kind) for name, kind in frame.dtypes.items()}
    expected = {name: kinds.get(kind, "time in UTC") for name, kind in types.items()}
    # The resolution is the reader's choice, and a column without any value has no time zone.
    for name in times:
        if frame[name].isna().all() or re.fullmatch(r"datetime64\[.s, UTC\]", found[name]):
            found[name] = expected[name]
    if parquet:
        try:
            same = pandas.read_parquet(parquet, dtype_backend="numpy_nullable")
        except ImportError as error:
            raise ModuleNotFoundError(error)
        for name in times:
            frame[name] = pandas.to_datetime(frame[name], utc=True)
            same[name] = same[name].astype(frame[name].dtype)
        for name in same.columns.difference(times):
            assert str(same[name].dtype).lower() == kinds[types[name]].lower(), (name, same[name].dtype)
        pandas.testing.assert_frame_equal(same, frame, check_dtype=False, check_exact=True)
    return found, expected, len(frame)


def with_duckdb(path, types, parquet):
    import duckdb

    kinds = {
        **{"text": "VARCHAR", "json": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"},
        "time": "TIMESTAMP WITH TIME ZONE",
    }
    expected = {name: kinds[kind] for name, kind in types.items()}
    table = duckdb.read_csv(path, header=True, dtype=expected)
    found = dict(zip(table.columns, (str(kind) for kind in table.types)))
    if parquet:
        same = duckdb.read_parquet(parquet)
        assert [str(kind) for kind in same.types] == list(expected.values()), same.types
        for one, other in [(same, table), (table, same)]:
            assert one.except_(other).aggregate("count(*)").fetchone() == (0,)
        assert same.aggregate("count(*)").fetchone() == table.aggregate("count(*)").fetchone()
    return found, expected, table.aggregate("count(*)").fetchall()[0][0]


def main(reader, path, parquet=None):
    types = json.load(sys.stdin)
    try:
        found, expected, rows = {"pandas": with_pandas, "duckdb": with_duckdb}[reader](path, types, parquet)
    except ModuleNotFoundError as error:
        print(error, file=sys.stderr)
        sys.exit(77)
    if found != expected:
        sys.exit(f"{reader}: {[(name, found.get(name), kind) for name, kind in expected.items() if found.get(name) != kind]}")
    print(rows)


main(*sys.argv[1:])
