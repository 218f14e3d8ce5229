"""The files that are checked, and what is found in them."""

import dataclasses
import functools
import pathlib
import re
import subprocess

# Folders of things that are made, as .gitignore has them.
MADE = re.compile(r"(^|/)(build[^/]*|node_modules|dist|gen|\.git|\.test|__pycache__)/")


@dataclasses.dataclass(frozen=True)
class Rule:
    name: str
    sentence: str


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"

    # As expected.txt writes it: without the line where that is how it was expected.
    def place(self, wanted):
        return self.path if self.path in wanted else f"{self.path}:{self.line}"


class Tree:
    def __init__(self, root, paths):
        self.root = root
        self.paths = sorted(paths)

    @staticmethod
    @functools.lru_cache
    def of_repository(root):
        """What git has or would add; without git, everything but what is made. Fixtures are wrong on purpose and left
        out."""
        git = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             check=False, capture_output=True, text=True) if (root / ".git").exists() else None
        if git and git.returncode == 0:
            paths = [path for path in git.stdout.split("\0") if path and (root / path).is_file()]
        else:
            paths = [path for path in Tree.of_folder(root).paths if not MADE.search(path)]
        return Tree(root, [path for path in paths if not path.startswith("tests/lint/fixtures/")])

    @staticmethod
    def of_folder(root):
        return Tree(root, [str(path.relative_to(root)) for path in root.rglob("*")
                           if path.is_file() and path.name != "expected.txt"])

    def select(self, *suffixes):
        return [path for path in self.paths if path.endswith(suffixes)]

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        return pathlib.Path(self.root, path).read_text(encoding="utf-8", errors="replace")

    def lines(self, path):
        return enumerate(self.text(path).splitlines(), 1)
