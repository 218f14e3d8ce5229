"""The services' Redis users may do what their functions do, and nothing dangerous."""

import re

from rules import lua
from rules.redis_keys import is_function_part
from tree import Finding, Rule

RULE = Rule("redis_rights", "deploy/config/redis.acl.in grants each service the commands that its functions and code use, "
                            "keys under its own prefix only, and none that loads code or changes the server; the default "
                            "user is off but has every right, since Redis loads its log with them.")

FILE = "deploy/config/redis.acl.in"
NEVER = {"EVAL", "EVALSHA", "SCRIPT", "FUNCTION", "CONFIG", "DEBUG", "FLUSHALL", "FLUSHDB", "KEYS", "SHUTDOWN", "ACL",
         "MIGRATE", "REPLICAOF", "MODULE", "SAVE", "BGSAVE", "BGREWRITEAOF", "SWAPDB", "MONITOR"}
# These speak to a Redis of their own, where they are nobody's user.
OWN_SERVER = ("gateway/routing/simulation/",)
# A command in C++: the first string of a braced list that is a Command, or is given to Call or Send.
CODE = re.compile(r'(?:\bCommand(?:\s+\w+)?\s*=?\s*|\b(?:Call|Send)\(\s*(?:\w+,\s*)?)\{+\s*"([A-Z]{3,})"'
                  r'|\bcommands?\.push_back\(\{?\s*"([A-Z]{3,})"')


def check(tree):
    if FILE not in tree.paths:
        return
    yield from check_default_user(tree)
    users = dict(read_users(tree))
    for service, (line, granted, patterns) in users.items():
        for command in sorted(granted & NEVER):
            yield Finding(FILE, line, f"{service} may not have {command}")
        if patterns != {f"kf:{service}:*"}:
            yield Finding(FILE, line, f"{service} may reach kf:{service}:* and no other keys")
    for path, line, command in used_commands(tree):
        for service in services_of(path, users):
            if command not in users[service][1]:
                yield Finding(path, line, f"{service} uses {command}, which {FILE} does not grant")


def check_default_user(tree):
    """Redis 7.0 replays the append-only file with the rights of the default user. What it may not do, transactions of
    functions included, is skipped with a line in the log, and the data is gone."""
    for line, text in tree.lines(FILE):
        words = text.split()
        if words[:2] == ["user", "default"] and not {"off", "~*", "&*", "+@all"} <= set(words):
            yield Finding(FILE, line, "the default user is: off ~* &* +@all")


def read_users(tree):
    for line, text in tree.lines(FILE):
        words = text.split()
        if words[:1] == ["user"] and words[1].startswith("kefu-") and words[1] != "kefu-admin":
            granted = {word[1:].split("|")[0].upper() for word in words if word.startswith("+")}
            patterns = {word[1:] for word in words if word.startswith("~")}
            yield words[1].removeprefix("kefu-"), (line, granted, patterns)


def services_of(path, users):
    """Whose process runs this file: common parts are everybody's."""
    if path.startswith(OWN_SERVER):
        return []
    parts = path.split("/")
    if parts[0] == "services" and parts[1] == "common":
        return list(users)
    name = "gateway" if parts[0] == "gateway" else parts[1] if parts[0] == "services" else ""
    return [name] if name in users else []


def used_commands(tree):
    for path in tree.paths:
        if is_function_part(path):
            toks = lua.tokens(tree.text(path))
            for i, token in enumerate(toks[:-4]):
                if token.text == "redis" and toks[i + 2].text in ("call", "pcall") and toks[i + 4].kind == "string":
                    yield path, token.line, toks[i + 4].text.strip("'\"").upper()
        elif path.endswith((".cc", ".h")) and path.startswith(("services/", "gateway/")):
            for match in CODE.finditer(tree.text(path)):
                yield path, tree.text(path).count("\n", 0, match.start()) + 1, match[1] or match[2]
