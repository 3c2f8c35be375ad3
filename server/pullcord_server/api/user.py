"""People who may log in: a file with a name and a scrypt hash a line; the password itself is nowhere."""

import base64
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

#: Cost of a guess: 16 MiB and some 50 ms each.
_N, _R, _P = 2**14, 8, 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
#: Signs of a password at least.
SHORTEST = 10


class UserError(ValueError):
    """A users file that cannot be read, or a name or password that is refused; the text says the fix."""


@dataclass(frozen=True, slots=True)
class User:
    """A name and the hash of its password: `scrypt$n$r$p$salt$hash`."""

    name: str
    hash: str


def hash_password(password: str) -> str:
    """A new hash of `password`, with a salt of its own."""
    salt = secrets.token_bytes(16)
    parts = (_encode(salt), _encode(_scrypt(password, salt, _N, _R, _P)))
    return f"scrypt${_N}${_R}${_P}${parts[0]}${parts[1]}"


def verify(password: str, hashed: str) -> bool:
    """Whether `hashed` is of `password`."""
    _, n, r, p, salt, wanted = hashed.split("$")
    found = _scrypt(password, _decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, _decode(wanted))


def read_users(path: Path) -> dict[str, User]:
    """Name → user; no file is no user. UserError with file and line for what cannot be read."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    users = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, hashed = line.partition(":")
        if not _NAME.fullmatch(name) or not _is_hash(hashed):
            raise UserError(
                f"{path}:{number}: not a user; remove the line, then `pullcord-server user add NAME`"
            )
        users[name] = User(name, hashed)
    return users


def add_user(path: Path, name: str, password: str) -> bool:
    """Add a user, or give one a new password; whether the name is new."""
    if not _NAME.fullmatch(name):
        raise UserError(f"{name!r}: a name is letters, digits and . _ @ -, up to 64 of them")
    if len(password) < SHORTEST:
        raise UserError(f"the password is too short; take {SHORTEST} signs or more")
    users = read_users(path)
    new = name not in users
    _write(path, users | {name: User(name, hash_password(password))})
    return new


def remove_user(path: Path, name: str) -> bool:
    """Remove a user; whether there was one."""
    users = read_users(path)
    if name not in users:
        return False
    del users[name]
    _write(path, users)
    return True


def _write(path: Path, users: dict[str, User]) -> None:
    """Replace the file whole, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{u.name}:{u.hash}\n" for u in users.values())
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _is_hash(text: str) -> bool:
    return re.fullmatch(r"scrypt\$\d+\$\d+\$\d+\$[A-Za-z0-9_-]+\$[A-Za-z0-9_-]+", text) is not None


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r + 1_000_000, dklen=32
    )


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
