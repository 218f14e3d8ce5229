"""As much of Lua as the rules need: tokens, functions, expressions."""

import dataclasses
import re

TOKEN = re.compile(r"""
    (?P<space>\s+|--\[\[.*?\]\]|--[^\n]*)
  | (?P<string>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\[\[.*?\]\])
  | (?P<number>0x[0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?)
  | (?P<name>[A-Za-z_@][A-Za-z0-9_@]*)
  | (?P<sign>\.\.\.|\.\.|==|~=|<=|>=|[-+*/%^\#<>=(){}\[\];:,.])
""", re.VERBOSE | re.DOTALL)
BINARY = {"+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", ">", "<=", ">=", "and", "or"}
KEYWORDS = {"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not",
            "or", "repeat", "return", "then", "true", "until", "while"}
CLOSING = {"(": ")", "{": "}", "[": "]"}


@dataclasses.dataclass(frozen=True)
class Token:
    kind: str
    text: str
    line: int


def tokens(text):
    found, at, line = [], 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(f"line {line}: cannot read {text[at:at + 20]!r}")
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match[0], line))
        line += match[0].count("\n")
        at = match.end()
    return found


def closing(toks, at):
    """Index of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(toks)):
        if toks[i].text in CLOSING:
            depth += 1
        elif toks[i].text in CLOSING.values():
            depth -= 1
            if depth == 0:
                return i
    raise ValueError(f"line {toks[at].line}: bracket is not closed")


def block_end(toks, at):
    """Index of the `end` of the function whose keyword is at `at`."""
    depth = 0
    for i in range(at, len(toks)):
        if toks[i].text in ("function", "do", "if", "repeat") and toks[i].kind == "name":
            depth += 1
        elif toks[i].text in ("end", "until") and toks[i].kind == "name":
            depth -= 1
            if depth == 0:
                return i
    raise ValueError(f"line {toks[at].line}: function has no end")


def expression_end(toks, at):
    """Index after the expression that begins at `at`."""
    while True:
        while toks[at].text in ("not", "-", "#"):
            at += 1
        if toks[at].text == "function":
            at = block_end(toks, at) + 1
        elif toks[at].text in CLOSING:
            at = closing(toks, at) + 1
        else:
            at += 1
        while at < len(toks) and (toks[at].text in (".", ":", "(", "[", "{") or toks[at].kind == "string"):
            at = at + 1 if toks[at].kind == "string" else at + 2 if toks[at].text in ".:" else closing(toks, at) + 1
        if at >= len(toks) or toks[at].text not in BINARY:
            return at
        at += 1


def expressions(toks, at, end):
    """The expressions between `at` and `end`, as token lists; commas and semicolons part them."""
    while at < end:
        after = expression_end(toks, at)
        yield toks[at:after]
        at = after + 1 if after < end and toks[after].text in ",;" else max(after, at + 1)


@dataclasses.dataclass(eq=False)
class Function:
    name: str  # "f" or "module.f"; empty if it has none
    parameters: list
    first: int  # token of the keyword
    last: int  # token of its end
    outer: "Function | None" = None


def calls(toks, name):
    """Where a function is called by its name: index and the arguments, as token lists."""
    path = [token.text for token in tokens(name)]
    for i in range(len(toks) - len(path)):
        if [t.text for t in toks[i:i + len(path)]] != path or toks[i + len(path)].text != "(":
            continue
        if i == 0 or toks[i - 1].text not in (".", ":", "function"):
            yield i, list(expressions(toks, i + len(path) + 1, closing(toks, i + len(path))))


def fields(toks, name):
    """Where a field of this name is given a value, in a constructor or by assignment: index and the value."""
    open_brackets = []
    for i, token in enumerate(toks[:-1]):
        if token.text in CLOSING:
            open_brackets.append(token.text)
        elif token.text in CLOSING.values():
            open_brackets.pop()
        elif token.text == name and token.kind == "name" and toks[i + 1].text == "=":
            constructed = open_brackets[-1:] == ["{"] and toks[i - 1].text in ("{", ",", ";")
            if constructed or toks[i - 1].text == ".":
                yield i, toks[i + 2:expression_end(toks, i + 2)]


def functions(toks):
    found = []
    for i, token in enumerate(toks):
        if token.text != "function" or token.kind != "name":
            continue
        opening = next(j for j in range(i, len(toks)) if toks[j].text == "(")
        name = "".join(t.text for t in toks[i + 1:opening])
        if not name and i >= 2 and toks[i - 1].text == "=":
            name = toks[i - 2].text
        parameters = [t.text for t in toks[opening + 1:closing(toks, opening)] if t.text != ","]
        found.append(Function(name, parameters, i, block_end(toks, i)))
    for function in found:
        around = [f for f in found if f.first < function.first and function.last < f.last]
        function.outer = max(around, key=lambda f: f.first, default=None)
    return found
