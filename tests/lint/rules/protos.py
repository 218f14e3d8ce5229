"""Conventions of the .proto files, read from what protoc makes of them."""

import re
import subprocess

from tree import Finding, Rule

RULE = Rule("protos", "Enums begin with ..._UNSPECIFIED = 0; every method has a request (and a response, unless it gets a "
                      "resource or streams frames) of its own; public methods of the gateway say who may call them; writes "
                      "carry a request_id; a service's protos import no other service's.")

PUBLIC_PACKAGE = "kefu.gateway.v1"
LINE = re.compile(r'\s*(?:(?P<open>[\w.\[\]]+) \{|(?P<close>\})|(?P<name>[\w.\[\]]+): (?P<value>.*))$')


def check(tree):
    ours = [path for path in tree.select(".proto") if path.startswith("proto/kefu/")]
    if not ours:
        return
    files = [f for f in descriptors(tree, ours) if f["name"][0].startswith("kefu/")]
    users = message_users(files)
    for file in files:
        path = "proto/" + file["name"][0]
        for message, line in check_file(file, users, Lines(tree, path)):
            yield Finding(path, line, message)


class Lines:
    """Where a name is declared: the descriptors that protoc prints do not say."""

    def __init__(self, tree, path):
        self.all = list(tree.lines(path))

    def of(self, keyword, name):
        pattern = re.compile(rf"\s*{keyword}\s+{name}\b")
        return next((number for number, text in self.all if pattern.match(text)), 1)


def descriptors(tree, paths):
    names = [path.removeprefix("proto/") for path in paths]
    compiled = subprocess.run(
        ["protoc", "-I", "proto", "--include_imports", "--descriptor_set_out=/dev/stdout", *names],
        cwd=tree.root, check=True, capture_output=True).stdout
    text = subprocess.run(
        ["protoc", "-I", "proto", "--decode=google.protobuf.FileDescriptorSet", "google/protobuf/descriptor.proto",
         *[name for name in names if name == "kefu/options.proto"]],
        cwd=tree.root, check=True, capture_output=True, input=compiled).stdout.decode()
    return parse(text).get("file", [])


def parse(text):
    """Protobuf's text format as {name: [values]}."""
    stack = [{}]
    for line in text.splitlines():
        match = LINE.match(line)
        if match["open"]:
            inner = {}
            stack[-1].setdefault(match["open"], []).append(inner)
            stack.append(inner)
        elif match["close"]:
            stack.pop()
        else:
            stack[-1].setdefault(match["name"], []).append(match["value"].strip('"'))
    return stack[0]


def methods(file):
    for service in file.get("service", []):
        for method in service.get("method", []):
            yield service["name"][0], method


def message_users(files):
    users = {}
    for file in files:
        for service, method in methods(file):
            name = f"{service}.{method['name'][0]}"
            for side in ("input_type", "output_type"):
                users.setdefault(method[side][0], []).append(name)
    return users


def messages(file):
    for message in file.get("message_type", []):
        yield f".{file['package'][0]}.{message['name'][0]}", message


def enums(container):
    yield from container.get("enum_type", [])
    for message in container.get("message_type", []) + container.get("nested_type", []):
        yield from enums(message)


def check_file(file, users, lines):
    for enum in enums(file):
        first = enum["value"][0]
        wanted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", enum["name"][0]).upper() + "_UNSPECIFIED"
        if first["name"][0] != wanted or first["number"][0] != "0":
            yield f"enum {enum['name'][0]} begins with {wanted} = 0", lines.of("enum", enum["name"][0])
    yield from check_imports(file)
    fields = {name: {field["name"][0]: field["type"][0] for field in message.get("field", [])}
              for name, message in messages(file)}
    for service, method in methods(file):
        line = lines.of("rpc", method["name"][0])
        for complaint in check_method(file, method, users, fields):
            yield f"{service}.{method['name'][0]}: {complaint}", line


def check_imports(file):
    def owner(path):
        parts = path.split("/")
        return parts[1] if parts[0] == "kefu" and len(parts) > 2 else ""

    mine = owner(file["name"][0])
    for imported in file.get("dependency", []):
        theirs = owner(imported)
        # The gateway shows what the services' APIs say.
        allowed = mine == "gateway" or theirs in (mine, "common", "events")
        if theirs and not allowed or theirs == "events" and mine == "common":
            yield f"{mine} may not import {imported}", 1


def check_method(file, method, users, fields):
    request, response = method["input_type"][0], method["output_type"][0]
    name, streams = method["name"][0], method.get("server_streaming") == ["true"]
    if not request.endswith("Request") or len(users[request]) > 1:
        yield f"its request is a message ...Request of its own, not {request}"
    resource = name.startswith("Get") and not response.endswith("Response")
    frame = streams and response.endswith("Frame")
    if not (resource or frame) and (not response.endswith("Response") or len(users[response]) > 1):
        yield f"its response is a message ...Response of its own, not {response}"
    policy = policy_of(method)
    if file["package"][0] == PUBLIC_PACKAGE and not policy.get("roles"):
        yield "says nothing of who may call it (kefu.policy roles)"
    if "ROLE_ANYONE" in policy.get("roles", []) and len(policy["roles"]) > 1:
        yield "ROLE_ANYONE stands alone"
    if policy.get("write") == ["true"] and fields.get(request, {}).get("request_id") != "TYPE_STRING":
        yield f"writes, so {request} needs `string request_id`"


def policy_of(method):
    return method.get("options", [{}])[0].get("[kefu.policy]", [{}])[0]
