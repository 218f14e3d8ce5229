"""Headers are included once."""

from tree import Finding, Rule

RULE = Rule("headers", "Every header says `#pragma once` before its first line of code.")


def check(tree):
    for path in tree.select(".h"):
        for line, text in tree.lines(path):
            code = text.split("//")[0].strip()
            if code:
                if code != "#pragma once":
                    yield Finding(path, line, "begins with something other than #pragma once")
                break
