"""JSON files a command is given, and what is wrong with them."""

from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from services.cli.errors import Told


def read_json(file: Path) -> Any:
    """What the file says. Raises Told."""
    try:
        return orjson.loads(file.read_bytes())
    except OSError as error:
        msg = f"{file}: {error.strerror}"
        raise Told(msg, code="unreadable_file", status=2) from error
    except orjson.JSONDecodeError as error:
        msg = f"{file}: not JSON ({error})"
        raise Told(msg, code="not_json", status=2) from error


def told_wrong(file: Path, error: ValidationError, code: str) -> Told:
    """Everything that is wrong in it, field by field."""
    problems = error.errors(include_input=False, include_url=False)
    told = "; ".join(f"{'.'.join(map(str, p['loc'])) or 'all of it'}: {p['msg']}" for p in problems)
    return Told(f"{file}: {told}", code=code, status=2)
