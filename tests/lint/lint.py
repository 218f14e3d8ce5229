#!/usr/bin/env python3
"""Rules of the house that no compiler checks. One run takes a second or two, formatting aside.

    tests/lint/lint.py [RULE...]     check the tree, all rules by default; exit 1 and a line per finding
    tests/lint/lint.py --self-test   every rule must find exactly what is wrong in its fixture
    tests/lint/lint.py --list        what the rules say

A rule is a module in rules/ with RULE (name and sentence) and check(tree), which yields findings. Its fixture is a
small wrong tree in fixtures/<rule>/ with an expected.txt: lines "path:line", or "path" where the line does not matter.
Ends with the line "N passed, N failed", one for each rule.
"""

import argparse
import importlib
import pathlib
import sys

sys.dont_write_bytecode = True

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from tree import Finding, Tree  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MODULES = ["layers", "headers", "redis_keys", "function_versions", "redis_rights", "protos", "lock_files",
           "machine_paths", "format"]


def load(names):
    modules = [importlib.import_module(f"rules.{name}") for name in MODULES]
    unknown = set(names) - {module.RULE.name for module in modules}
    if unknown:
        sys.exit(f"lint: no such rule: {', '.join(sorted(unknown))}")
    return [module for module in modules if not names or module.RULE.name in names]


def check_tree(modules):
    failed = 0
    for module in modules:
        findings = sorted(module.check(Tree.of_repository(ROOT)))
        for finding in findings:
            print(f"{finding}  [{module.RULE.name}]")
        failed += bool(findings)
    return failed


def self_test(modules):
    failed = 0
    for module in modules:
        fixture = HERE / "fixtures" / module.RULE.name
        wanted = set((fixture / "expected.txt").read_text().split())
        found = {finding.place(wanted) for finding in module.check(Tree.of_folder(fixture))}
        for place in sorted(wanted - found):
            print(f"{module.RULE.name}: did not find {place}")
        for place in sorted(found - wanted):
            print(f"{module.RULE.name}: found {place}, where nothing is wrong")
        failed += wanted != found or not wanted
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("rules", nargs="*")
    arguments = parser.parse_args()
    modules = load(arguments.rules)
    if arguments.list:
        for module in modules:
            print(f"{module.RULE.name}: {module.RULE.sentence}")
        return 0
    failed = (self_test if arguments.self_test else check_tree)(modules)
    print(f"{len(modules) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
