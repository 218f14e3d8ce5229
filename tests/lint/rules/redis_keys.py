"""Redis functions touch declared keys only.

Redis itself does not refuse undeclared ones, and they break moving a shop and Redis Cluster. A key argument of
redis.call must be, in the end, an element of the `keys` that the function was called with:

- an element of `keys`, or of a table made of nothing but such (`{ keys[5], keys[6] }`);
- a local that is only ever given such;
- a field, if every field of that name in the library is given nothing but such (`{ log = keys[4] }`, then `names.log`);
- a parameter, if every call of the function passes such in its place. Where the calls cannot be told, because the
  function is a callback or passed around as a value, it must be called `keys`, `key` or `..._key`.

The command must be a literal that COMMANDS knows.
"""

from rules import lua
from tree import Finding, Rule

RULE = Rule("redis_keys", "A Redis function touches only keys it was given: the key of every redis.call comes from "
                          "`keys`, and no key is put together in Lua.")

FIRST, ALL, NONE = "first", "all", "none"
COMMANDS = {
    **dict.fromkeys("""
        APPEND DECR DECRBY EXPIRE EXPIREAT GET GETDEL GETRANGE GETSET HDEL HEXISTS HGET HGETALL HINCRBY HKEYS HLEN HMGET
        HRANDFIELD HSCAN HSET HSETNX HSTRLEN HVALS INCR INCRBY LINDEX LLEN LPOP LPUSH LRANGE LREM LSET LTRIM PERSIST
        PEXPIRE PEXPIREAT PTTL RPOP RPUSH SADD SCARD SET SETRANGE SISMEMBER SMEMBERS SMISMEMBER SPOP SRANDMEMBER SREM
        STRLEN TTL TYPE XACK XADD XDEL XINFO XLEN XRANGE XREVRANGE XTRIM ZADD ZCARD ZCOUNT ZINCRBY ZLEXCOUNT ZMSCORE
        ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK
        ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE""".split(), FIRST),
    **dict.fromkeys("DEL EXISTS MGET TOUCH UNLINK".split(), ALL),
    "TIME": NONE,
}
KEY, TABLE = "a key", "a table of keys"


def is_function_part(path):
    return path.endswith(".lua") and path.split("/")[-2:-1] == ["functions"]


def check(tree):
    """A library is the common parts and those of one service, which may call each other."""
    libraries = {}
    for path in filter(is_function_part, tree.paths):
        libraries.setdefault(owner(path), []).append(Part(path, tree.text(path)))
    common = libraries.pop("common", [])
    findings = set()
    for parts in libraries.values() or [[]]:
        findings |= set(Checker(common + parts).check())
    yield from findings


def owner(path):
    """The service whose library a part belongs to, or "common"."""
    parts = path.split("/")
    return parts[1] if parts[0] == "services" else parts[0]


class Part:
    def __init__(self, path, text):
        self.path = path
        self.toks = lua.tokens(text)
        self.functions = lua.functions(self.toks)

    def function_at(self, at):
        around = [f for f in self.functions if f.first < at < f.last]
        return max(around, key=lambda f: f.first, default=None)


class Checker:
    def __init__(self, parts):
        self.parts = parts
        self.findings = []
        # What keys were found to depend on, each once: parameters and fields.
        self.needs = set()
        self.pending = []
        self.trail = set()

    def report(self, part, line, message):
        self.findings.append(Finding(part.path, line, message))

    def check(self):
        for part in self.parts:
            self.check_commands(part)
        self.check_needs()
        return self.findings

    def check_commands(self, part):
        toks = part.toks
        for i in range(len(toks) - 3):
            if [t.text for t in toks[i:i + 2]] == ["redis", "."] and toks[i + 2].text in ("call", "pcall"):
                if toks[i + 3].text == "(":
                    self.check_command(part, i)
                else:
                    self.report(part, toks[i].line, "redis.call is called by this name only")

    def check_command(self, part, at):
        toks = part.toks
        arguments = list(lua.expressions(toks, at + 4, lua.closing(toks, at + 3)))
        line = toks[at].line
        command = arguments[0][0].text.strip("'\"").upper()
        if len(arguments[0]) != 1 or arguments[0][0].kind != "string":
            self.report(part, line, "name the command in place")
        elif command not in COMMANDS:
            self.report(part, line, f"{command}: tell tests/lint/rules/redis_keys.py which of its arguments are keys")
        else:
            keys = {FIRST: arguments[1:2], ALL: arguments[1:], NONE: []}[COMMANDS[command]]
            for key in keys:
                if not self.comes_from_keys(part, part.function_at(at), key, KEY):
                    self.report(part, line, f"{command} touches {text_of(key)}, which does not come from `keys`")

    def check_needs(self):
        while self.pending:
            check, arguments = self.pending.pop()
            check(*arguments)

    def check_field(self, user, line, name, kind):
        given = [(part, at, value) for part in self.parts for at, value in lua.fields(part.toks, name)]
        for part, at, value in given:
            if not self.comes_from_keys(part, part.function_at(at), value, kind):
                self.report(part, part.toks[at].line, f"the field {name} is used as {kind} and given {text_of(value)}")
        if not given:
            self.report(user, line, f"the field {name} is used as {kind}, but nothing is ever put into it")

    def check_parameter(self, part, line, function, index, kind):
        parameter, called = function.parameters[index], False
        for caller in self.parts:
            for at, arguments in lua.calls(caller.toks, function.name) if function.name else []:
                called = True
                passed = arguments[index] if index < len(arguments) else []
                if not self.comes_from_keys(caller, caller.function_at(at), passed, kind):
                    self.report(caller, caller.toks[at].line,
                                f"{function.name} needs {kind} for {parameter}, but gets {text_of(passed) or 'nothing'}")
        if not called and parameter not in ("keys", "key") and not parameter.endswith("_key"):
            self.report(part, line, f"{parameter} is used as {kind}, but is none: who calls this function cannot be told, "
                                    "and its name is not keys, key or ..._key")

    def need(self, identity, check, *arguments):
        if identity not in self.needs:
            self.needs.add(identity)
            self.pending.append((check, arguments))

    def comes_from_keys(self, part, function, toks, kind):
        """Whether the expression can only be `kind`. Notes what it needs of parameters on the way."""
        if not toks:
            return False
        if toks[0].text == "(" and lua.closing(toks, 0) == len(toks) - 1:
            return self.comes_from_keys(part, function, toks[1:-1], kind)
        for sign in ("or", "and"):
            operands = split(toks, sign)
            if len(operands) > 1:
                chosen = operands if sign == "or" else operands[-1:]
                return all(self.comes_from_keys(part, function, operand, kind) for operand in chosen)
        if any(token.text in lua.BINARY for token in top_level(toks)):
            return False
        if toks[0].text == "{":
            return kind == TABLE and self.is_table_of_keys(part, function, toks)
        if toks[0].kind != "name" or toks[0].text in lua.KEYWORDS:
            return False
        if len(toks) == 1:
            return self.variable(part, function, toks[0], kind)
        if toks[0].text == "unpack" and toks[1].text == "(":
            return self.comes_from_keys(part, function, toks[2:-1], TABLE)
        if toks[-2].text == "." and toks[-1].kind == "name":
            base, name = toks[:-2], toks[-1].text
            if kind == KEY and (base[-1].text == "keys" or base[-1].text.endswith("_keys")):
                return self.comes_from_keys(part, function, base, TABLE)
            made = constructed_fields(part, function, base, name)
            if made:
                return all(self.comes_from_keys(part, function, value, kind) for value in made)
            self.need(("field", part.path, name, kind), self.check_field, part, toks[0].line, name, kind)
            return True
        if toks[-1].text == "]":
            base = toks[:opening(toks)]
            return kind == KEY and self.comes_from_keys(part, function, base, TABLE)
        return False

    def is_table_of_keys(self, part, function, toks):
        items, at = [], 1
        while at < len(toks) - 1:
            if toks[at].kind == "name" and toks[at + 1].text == "=":
                at += 2
            after = lua.expression_end(toks, at)
            items.append(toks[at:after])
            at = after + 1
        return bool(items) and all(self.comes_from_keys(part, function, item, KEY) for item in items)

    def variable(self, part, function, token, kind):
        name = token.text
        while function:
            step = (part.path, function.first, name, kind)
            if step in self.trail:
                return True
            values = list(assigned(part, function, name))
            if values:
                self.trail.add(step)
                try:
                    return all(self.comes_from_keys(part, function, value, wanted or kind) for value, wanted in values)
                finally:
                    self.trail.discard(step)
            if name in function.parameters:
                index = function.parameters.index(name)
                self.need(("parameter", part.path, function.first, index), self.check_parameter, part, token.line,
                          function, index, kind)
                return True
            function = function.outer
        return False


def assigned(part, function, name):
    """What a local is given anywhere in the function: (expression, kind it must have; None: that of the local)."""
    toks, at = part.toks, function.first + 1
    while at < function.last:
        if toks[at].text == "function":
            at = lua.block_end(toks, at)
        elif toks[at].text in lua.CLOSING:
            at = lua.closing(toks, at)
        elif toks[at].text == "for" and name in names_until(toks, at + 1, "in", "="):
            names = names_until(toks, at + 1, "in", "=")
            source = at + 1 + 2 * len(names)
            over_elements = toks[source].text == "ipairs" and names.index(name) == 1
            over_names = toks[source].text == "pairs" and names.index(name) == 1
            inside = toks[source + 2:lua.closing(toks, source + 1)] if over_elements or over_names else []
            yield inside, TABLE
        elif toks[at].kind == "name" and toks[at].text not in lua.KEYWORDS and toks[at - 1].text not in (".", ","):
            names = names_until(toks, at, "=")
            if name in names:
                first = at + 2 * len(names)
                values = list(one_by_one(toks, first))
                index = names.index(name)
                yield (values[index] if index < len(values) else []), None
        at += 1


def constructed_fields(part, function, base, name):
    """What `name` is given where the local `base` is made, if all that it ever is are tables with that field."""
    values = [value for value, _ in assigned(part, function, base[0].text)] if len(base) == 1 and function else []
    made = []
    for value in values:
        given = [v for at, v in lua.fields(value, name) if value[0].text == "{" and depth_of(value, at) == 1]
        if not given:
            return []
        made += given
    return made


def depth_of(toks, at):
    before = [token.text for token in toks[:at]]
    return sum(text in lua.CLOSING for text in before) - sum(text in lua.CLOSING.values() for text in before)


def one_by_one(toks, at):
    while True:
        after = lua.expression_end(toks, at)
        yield toks[at:after]
        if after >= len(toks) or toks[after].text != ",":
            return
        at = after + 1


def names_until(toks, at, *ends):
    """Names parted by commas up to one of `ends`; empty if something else stands there."""
    names = []
    while at + 1 < len(toks) and toks[at].kind == "name" and toks[at].text not in lua.KEYWORDS:
        names.append(toks[at].text)
        if toks[at + 1].text in ends:
            return names
        if toks[at + 1].text != ",":
            return []
        at += 2
    return []


def top_level(toks):
    """The tokens outside brackets."""
    depth = 0
    for token in toks:
        depth -= token.text in lua.CLOSING.values()
        if depth == 0:
            yield token
        depth += token.text in lua.CLOSING


def split(toks, sign):
    parts, depth = [[]], 0
    for token in toks:
        depth += (token.text in lua.CLOSING) - (token.text in lua.CLOSING.values())
        if depth == 0 and token.text == sign and token.kind == "name":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def opening(toks):
    """Index of the bracket that the last token closes."""
    depth = 0
    for i in range(len(toks) - 1, -1, -1):
        depth += (toks[i].text in lua.CLOSING.values()) - (toks[i].text in lua.CLOSING)
        if depth == 0:
            return i
    raise ValueError(f"line {toks[-1].line}: bracket is not opened")


def text_of(toks):
    return " ".join(token.text for token in toks)
