"""The tree works wherever it lies."""

import re

from tree import Finding, Rule

RULE = Rule("machine_paths", "No file names a folder of the machine it was written on, such as somebody's home.")

PATH = re.compile(r"(?<![\w.$}~-])/(?:home|root|Users|work|mnt|media)/[\w.]")
BINARY = (".png", ".jpg", ".ico", ".woff2", ".zst")


def check(tree):
    for path in tree.paths:
        if path.endswith(BINARY) or path == "tests/lint/rules/machine_paths.py":
            continue
        for line, text in tree.lines(path):
            match = PATH.search(text)
            if match:
                yield Finding(path, line, f"names a path of one machine: {text[match.start():match.start() + 40]}")
