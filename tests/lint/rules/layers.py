"""Who may include whom (DESIGN: proto -> common -> domain -> storage -> rpc -> bind -> main)."""

import collections
import re

from tree import Finding, Rule

RULE = Rule("layers", "Includes point one way: proto, common, domain, storage, rpc, bind, main. A service includes no "
                      "other service, the gateway includes proto and services/common only, domain folders reach no "
                      "I/O, protobuf or clock, and there are no cycles between files or folders.")

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
# What a domain folder may not reach, directly or through headers of ours.
IMPURE = re.compile(r"^(grpc|grpcpp|hiredis|zmq|google/protobuf|boost/(asio|beast)|chrono$|proto/)")
LAYERS = ["domain", "storage", "rpc", "bind", "main"]
OWN_TOP = ("proto/", "services/", "gateway/", "deploy/", "tests/")


def check(tree):
    files = {path: list(includes(tree, path)) for path in tree.select(".h", ".cc")}
    for path, found in files.items():
        for line, quoted, target in found:
            yield from refuse(path, line, quoted, target)
    yield from impure_domains(files)
    yield from cycles(file_graph(files), "file")
    yield from cycles(folder_graph(files), "folder")


def includes(tree, path):
    for line, text in tree.lines(path):
        match = INCLUDE.match(text)
        if match:
            yield line, match[1] == '"', match[2]


def unit(path):
    """The part that a file belongs to: proto, common, services/<name>, gateway, deploy/ctl, tests."""
    parts = path.split("/")
    if parts[0] == "services":
        return "common" if parts[1] == "common" else "/".join(parts[:2])
    return "/".join(parts[:2]) if parts[0] == "deploy" else parts[0]


def layer(path):
    """Rank of a file in its service, None where the ladder does not apply (common, parts of the gateway)."""
    parts = path.split("/")
    inner = parts[2:] if parts[0] == "services" and parts[1] != "common" else parts[1:] if parts[0] == "gateway" else []
    for part in inner[:-1]:
        if part in LAYERS[:3]:
            return LAYERS.index(part)
    stem = parts[-1].split(".")[0]
    return LAYERS.index(stem) if len(inner) == 1 and stem in ("bind", "main") else None


def refuse(path, line, quoted, target):
    if quoted and not target.startswith(OWN_TOP):
        yield Finding(path, line, f'include "{target}" from the root of the repository')
        return
    if not quoted:
        return
    mine, theirs = unit(path), unit(target)
    if mine == "tests":
        return
    if mine == "deploy/all" and target.endswith(("/bind.h", "/config.h")):
        return  # every service in one process
    allowed = {"proto", "common", mine} if mine != "common" else {"proto", "common"}
    if theirs not in allowed:
        yield Finding(path, line, f"{mine} may not include {theirs}")
        return
    here, there = layer(path), layer(target)
    same_part = mine != "gateway" or path.split("/")[1] == target.split("/")[1]
    if mine == theirs and here is not None and there is not None and there > here and (same_part or there > 1):
        yield Finding(path, line, f"{LAYERS[here]} may not include {LAYERS[there]}")
    elif mine == theirs and here is None and there is not None and there >= LAYERS.index("bind"):
        yield Finding(path, line, f"only main includes {LAYERS[there]}")


def impure_domains(files):
    for path in files:
        if "domain" not in path.split("/")[:-1] or path.startswith("tests/"):
            continue
        seen, queue = {path}, collections.deque((target, line, []) for line, _, target in files[path])
        while queue:
            target, line, via = queue.popleft()
            if IMPURE.match(target):
                chain = " -> ".join(via + [target])
                yield Finding(path, line, f"a domain folder may not reach {chain}")
                continue
            if target in files and target not in seen:
                seen.add(target)
                queue.extend((next_target, line, via + [target]) for _, _, next_target in files[target])


def folder(path):
    """What is one library: a part of the gateway, a folder of services/common, a layer of a service."""
    return "/".join(path.split("/")[:-1][:3 if path.startswith("services/") else 2])


# Graphs: node -> {target: (file, line) of an include that makes the edge}.


def file_graph(files):
    return {path: {target: (path, line) for line, _, target in found if target in files}
            for path, found in files.items()}


def folder_graph(files):
    graph = {}
    for path, found in files.items():
        if path.startswith("tests/"):
            continue
        targets = graph.setdefault(folder(path), {})
        for line, quoted, target in found:
            if quoted and target in files and folder(target) != folder(path):
                targets.setdefault(folder(target), (path, line))
    return graph


def cycles(graph, what):
    """One finding for each edge that closes a cycle, found by walking depth first."""
    done, path = set(), []

    def walk(node):
        path.append(node)
        for target, include in sorted(graph.get(node, {}).items()):
            if target in path:
                ring = path[path.index(target):] + [target]
                yield Finding(*include, f"{what} cycle: {' -> '.join(ring)}")
            elif target not in done:
                yield from walk(target)
        path.pop()
        done.add(node)

    for start in sorted(graph):
        if start not in done:
            yield from walk(start)
