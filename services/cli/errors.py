"""What goes wrong, said so that one knows what to do."""

import functools
import json
import re
import sys
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Told(Exception):
    """A mistake or a fault, in the words a person reads."""

    def __init__(self, message: str, *, code: str = "error", status: int = 1) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class Ended(SystemExit):
    """The command has said why it ends."""


def say_error(code: str, message: str) -> None:
    """What went wrong, for programs: the last line of a command given --json."""
    print(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False), flush=True)


def told_kindly(command: Callable[P, R]) -> Callable[P, R]:
    """Errors one can do something about are one line on stderr, not a traceback."""

    @functools.wraps(command)
    def kindly(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        except Exception as error:
            told = _told(error)
            if told is None:
                if kwargs.get("as_json"):
                    say_error("internal_error", f"{type(error).__name__}: see stderr")
                raise
            if kwargs.get("as_json"):
                say_error(told.code, str(told))
            print(f"snp: {told}", file=sys.stderr)
            raise Ended(told.status) from None

    return kindly


def _code(kind: type[BaseException]) -> str:
    """`NotRunning` → `not_running`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def _path(before: str, location: Iterable[str | int]) -> str:
    path = ".".join(map(str, location))
    return f"{before}{path.upper()}: " if before and path else f"{path}: " if path else ""


def _told(error: BaseException) -> Told | None:
    """The error in kind words; None for what only a developer can mend."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, Told):
        return error
    kind = type(error)
    if any(base.__qualname__ == "Refused" for base in kind.__mro__):
        return Told(str(error), code=getattr(error, "code", "refused"))
    match f"{kind.__module__}.{kind.__qualname__}":
        case (
            "services.embedded.state.InUse"
            | "services.embedded.state.NotASandbox"
            | "services.embedded.state.IsASandbox"
            | "services.embedded.state.NotRunning"
            | "services.embedded.child.NotInstalled"
            | "services.embedded.child.DidNotStart"
        ):
            return Told(f"{kind.__doc__} ({error})", code=_code(kind))
        case "services.api.server.PortTaken":
            return Told(f"{kind.__doc__} ({error})", code="port_taken")
        case "services.log.migrate.NewerDatabase":
            return Told(f"{kind.__doc__} ({error})", code=_code(kind))
        case "services.app.NotProvisioned" | "services.log.vault.VaultKeyInvalid":
            about = f" ({error})" if str(error) else ""
            return Told(f"{kind.__doc__}{about}", code=_code(kind))
        case "pydantic_core._pydantic_core.ValidationError":
            problems = error.errors(include_input=False)  # type: ignore[attr-defined]
            # A setting is known by the variable that gives it.
            before = "SNP_" if error.title == "Settings" else ""  # type: ignore[attr-defined]
            return Told(
                "; ".join(
                    f"{_path(before, p['loc'])}{p['msg'].removeprefix('Value error, ')}"
                    for p in problems
                ),
                code="invalid_setting",
                status=2,
            )
        case "psycopg.errors.UndefinedTable" | "psycopg.errors.UndefinedColumn":
            return Told("the database is of another version: snp provision", code="not_provisioned")
        case "psycopg.errors.InsufficientPrivilege":
            return Told(
                "this user of PostgreSQL may not do that: give it CREATEROLE, or leave out"
                " SNP_READER_PASSWORD",
                code="not_allowed",
            )
        case "psycopg.OperationalError" | "psycopg_pool.PoolTimeout":
            return Told("PostgreSQL cannot be reached: see SNP_DATABASE_URL", code="no_database")
        case "nats.errors.NoServersError" | "nats.errors.ConnectionClosedError":
            return Told("NATS cannot be reached: see SNP_NATS_URL", code="no_nats")
        case "nats.errors.BadSubjectError":
            return Told(
                "that is no community: a FINESS has nine characters", code="usage", status=2
            )
        case name if name.startswith("nats.js.errors."):
            msg = f"JetStream does not do it: {getattr(error, 'description', None) or error}"
            return Told(f"{msg}. See SNP_STREAM_REPLICAS", code="no_stream")
        case (
            "builtins.PermissionError"
            | "builtins.NotADirectoryError"
            | "builtins.FileExistsError"
            | "builtins.FileNotFoundError"
        ):
            where = getattr(error, "filename", None)
            return Told(f"{where}: {getattr(error, 'strerror', error)}", code="unusable_file")
        case _:
            return None
