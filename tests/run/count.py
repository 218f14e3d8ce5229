#!/usr/bin/env python3
"""Counts what a stage of tests/run.sh tested: prints "<passed> <failed>".

    count.py ctest JUNIT_XML GTEST_FOLDER   ctest's own report, and what each GoogleTest program wrote
    count.py tap LOG                        node --test
    count.py line LOG                       a line "N passed, N failed"

A stage that tested nothing has not passed: "0 1".
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def from_ctest(junit, folder):
    """A program counts with its single tests; one that failed otherwise (a crash, a leak at its end) as one failure."""
    passed = failed = 0
    for case in ElementTree.parse(junit).getroot().iter("testcase"):
        succeeded = case.get("status") == "run"
        report = pathlib.Path(folder, case.get("name") + ".xml")
        if not report.exists():
            passed, failed = passed + succeeded, failed + (not succeeded)
            continue
        suites = ElementTree.parse(report).getroot()
        total, wrong = int(suites.get("tests")), int(suites.get("failures")) + int(suites.get("errors", 0))
        skipped = sum(1 for one in suites.iter("testcase") if one.get("result") == "skipped")
        skipped += int(suites.get("disabled", 0))
        passed += total - wrong - skipped
        failed += wrong if wrong or succeeded else 1
    return passed, failed


def from_tap(log):
    """Every `node --test` of the log ends with its counts."""
    text = pathlib.Path(log).read_text(errors="replace")
    counts = {name: sum(int(n) for n in re.findall(rf"^# {name} (\d+)$", text, re.M)) for name in
              ("pass", "fail", "cancelled")}
    return counts["pass"], counts["fail"] + counts["cancelled"]


def from_line(log):
    found = re.findall(r"^(\d+) passed, (\d+) failed$", pathlib.Path(log).read_text(errors="replace"), re.M)
    return sum(int(p) for p, _ in found), sum(int(f) for _, f in found)


def main():
    counters = {"ctest": from_ctest, "tap": from_tap, "line": from_line}
    try:
        passed, failed = counters[sys.argv[1]](*sys.argv[2:])
    except (OSError, ElementTree.ParseError) as error:
        print(error, file=sys.stderr)
        passed = failed = 0
    print(passed, failed if passed + failed else 1)


if __name__ == "__main__":
    main()
