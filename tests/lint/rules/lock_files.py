"""Lock files name versions and hashes, not where somebody got them from."""

import re

from tree import Finding, Rule

RULE = Rule("lock_files", "Lock files name no registry host, and package.json pins every version exactly.")

HOST = re.compile(r'"resolved"|https?://(?!(opencollective|github|www\.patreon|tidelift|feross|paypal)\b)[^"]*(registry|npm|/-/)')
EXACT = re.compile(r'^\s*"(@?[\w./-]+)":\s*"(?P<version>[^"]*)"')


def check(tree):
    for path in tree.paths:
        name = path.rpartition("/")[2]
        if name in ("package-lock.json", "yarn.lock", "pnpm-lock.yaml"):
            for line, text in tree.lines(path):
                if HOST.search(text):
                    yield Finding(path, line, "names a host; npm install with omit-lockfile-registry-resolved=true")
        elif name == "package.json":
            yield from inexact(tree, path)


def inexact(tree, path):
    inside = False
    for line, text in tree.lines(path):
        if re.match(r'\s*"(dev|peer|optional)?[dD]ependencies":', text):
            inside = True
        elif "}" in text:
            inside = False
        elif inside:
            match = EXACT.match(text)
            if match and not re.fullmatch(r"\d+\.\d+\.\d+", match["version"]):
                yield Finding(path, line, f"pin an exact version instead of {match['version']}")
