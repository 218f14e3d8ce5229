"""One layout for all C++."""

import concurrent.futures
import os
import re
import subprocess

from tree import Finding, Rule

RULE = Rule("format", "C++ is laid out by clang-format 14 with the repository's .clang-format.")

WARNING = re.compile(r"^(?P<path>.+?):(?P<line>\d+):\d+: (?:error|warning): ")


def check(tree):
    paths = tree.select(".h", ".cc")
    batches = [paths[i:i + 20] for i in range(0, len(paths), 20)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(lambda batch: misplaced(tree, batch), batches):
            yield from findings


def misplaced(tree, paths):
    """The first wrong line of each file."""
    result = subprocess.run(["clang-format-14", "--dry-run", "-Werror", "--ferror-limit=1", *paths],
                            cwd=tree.root, capture_output=True, text=True, check=False)
    found = [WARNING.match(line) for line in result.stderr.splitlines()]
    findings = [Finding(m["path"], int(m["line"]), "run clang-format-14 -i on it") for m in found if m]
    if result.returncode and not findings:
        raise RuntimeError(f"clang-format-14 failed: {result.stderr}")
    return findings
