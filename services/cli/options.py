"""Options many commands have."""

from pathlib import Path
from typing import Annotated

import typer

State = Annotated[
    Path | None,
    typer.Option("--state", help="Folder of the embedded servers.", envvar="SNP_STATE"),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Community = Annotated[
    str | None, typer.Option("--community", "-c", help="FINESS number of a community.")
]
HttpPort = Annotated[int | None, typer.Option(help="Port of HTTP on 127.0.0.1 (8000).")]


def codes(text: str | None) -> list[str] | None:
    """`SAS,CPTS` → both; None where nothing was said."""
    return None if text is None else [code.strip().upper() for code in text.split(",") if code]
