import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { AgentStateSchema, Presence } from "../../gen/kefu/gateway/v1/session_pb.js";
import { foundAgents } from "./found_agents.js";

const agent = (displayName: string, presence: Presence) => create(AgentStateSchema, { agent: displayName, displayName, presence });
const agents = [
  agent("Zoe", Presence.ONLINE),
  agent("Cleo", Presence.OFFLINE),
  agent("Ann", Presence.ONLINE),
  agent("Bob", Presence.HUNG_UP),
  agent("Dan", Presence.UNSPECIFIED),
];
const names = (asked: string) => foundAgents(agents, asked).map(({ displayName }) => displayName);

test("who is there comes first, then by name; whose state is unknown is not there", () => {
  assert.deepEqual(names(""), ["Ann", "Zoe", "Bob", "Cleo", "Dan"]);
});

test("a part of the name finds, in any case", () => {
  assert.deepEqual(names(" O"), ["Zoe", "Bob", "Cleo"]);
  assert.deepEqual(names("nobody"), []);
});
