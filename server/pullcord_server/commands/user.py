"""`pullcord-server user add|remove|list`: who may log in."""

import argparse
import getpass
import sys
from pathlib import Path

from pullcord_server.api.user import UserError, add_user, read_users, remove_user
from pullcord_server.settings import Settings

from .config import add_config, settings_of


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`user add NAME`, `user remove NAME`, `user list`."""
    parser = subparsers.add_parser("user", help="who may log in where access is for users")
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    add = actions.add_parser(
        "add",
        help="add a user, or give one a new password",
        description="The password is asked for, or read from the first line of standard input.",
    )
    remove = actions.add_parser("remove", help="remove a user")
    for action in (add, remove):
        action.add_argument("name")
    listed = actions.add_parser("list", help="show the names")
    for action in (add, remove, listed):
        add_config(action)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """A running server sees the change at once."""
    try:
        return _run(args, _users_file(settings_of(args)))
    except UserError as error:
        print(f"pullcord-server: {error}", file=sys.stderr)
        return 2


def _run(args: argparse.Namespace, path: Path) -> int:
    match args.action:
        case "add":
            new = add_user(path, args.name, read_password())
            print(f"{args.name}: {'added' if new else 'has a new password'}")
        case "remove":
            if not remove_user(path, args.name):
                names = ", ".join(read_users(path)) or "none"
                raise UserError(f"{path}: no user {args.name}; there is {names}")
            print(f"{args.name}: removed")
        case _:
            for name in read_users(path):
                print(name)
    return 0


def _users_file(settings: Settings) -> Path:
    if settings.users is None:
        raise UserError('access is "open": there are no users; set access = "users" in server.toml')
    return settings.users


def read_password() -> str:
    """From the terminal, twice, without showing it; else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("password: ")
    if getpass.getpass("once more: ") != password:
        raise UserError("the two passwords differ; nothing was changed")
    return password
