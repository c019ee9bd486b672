"""A report as Parquet."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from services.reports.asking import Report
from services.reports.lines import lines
from services.reports.table import COLUMNS, asked_of, rows

_KINDS = {
    "value": pa.float64(),
    "p90": pa.float64(),
    "numerator": pa.float64(),
    "denominator": pa.float64(),
    "at_least": pa.float64(),
    "at_most": pa.float64(),
    "reached": pa.bool_(),
    "hidden": pa.bool_(),
    "version": pa.int32(),
    "position": pa.int64(),
}


def as_parquet(report: Report, language: str) -> bytes:
    """The columns of the table, typed; what was asked is in the metadata as well."""
    columns: list[tuple[str, Any]] = [(name, _KINDS.get(name, pa.string())) for name in COLUMNS]
    table = pa.Table.from_pylist(rows(report, language), schema=pa.schema(columns))
    asked = asked_of(report, lines(report, language))
    sink = io.BytesIO()
    metadata = {f"snp.{name}": str(value) for name, value in asked.items()}
    pq.write_table(table.replace_schema_metadata(metadata), sink)
    return sink.getvalue()
