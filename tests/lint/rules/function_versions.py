"""Functions of two releases live side by side."""

import re

from rules import lua
from rules.redis_keys import is_function_part
from tree import Finding, Rule

RULE = Rule("function_versions", "Every Redis function is registered as <service>_<verb>_v<n>, so that two releases can "
                                 "run side by side.")

NAME = re.compile(r"(@SERVICE@|[a-z]+)_[a-z0-9_]+_v[1-9][0-9]*$")


def check(tree):
    for path in tree.paths:
        if not is_function_part(path):
            continue
        parts = path.split("/")
        service = {"gateway": "gateway", "services": parts[1]}.get(parts[0], "")
        owners = ("@SERVICE@_",) if service == "common" else ("@SERVICE@_", service + "_")
        toks = lua.tokens(tree.text(path))
        for name, line in registered(toks):
            if not NAME.match(name) or not name.startswith(owners):
                yield Finding(path, line, f"register it as {owners[-1]}<verb>_v<n>, not {name or 'without a literal'}")


def registered(toks):
    """Names and lines of what is registered, directly or through a local function that takes the name."""
    functions = lua.functions(toks)
    for i, token in enumerate(toks):
        if token.text != "register_function":
            continue
        name = name_in(toks, i + 1)
        around = [f for f in functions if f.first < i < f.last and name.text in f.parameters]
        if not around:
            yield literal(name), token.line
            continue
        wrapper = around[-1]
        for at, arguments in lua.calls(toks, wrapper.name):
            passed = arguments[wrapper.parameters.index(name.text)]
            yield literal(passed[0]), toks[at].line


def name_in(toks, at):
    """After register_function: ('name', ...) or {function_name = 'name', ...}, in brackets of either kind."""
    inside = toks[at + 1:lua.closing(toks, at)]
    for i, token in enumerate(inside):
        if token.text == "function_name":
            return inside[i + 2]
    return inside[0]


def literal(token):
    return token.text.strip("'\"") if token.kind == "string" else ""
