// A table of what must be refused, and how each row is tried: as JSON over HTTP, so that status, code, reason and
// sentence are all looked at.
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Cluster } from "./cluster.js";
import { type JsonAnswer, type JsonCall, jsonCall } from "./json_call.js";

// Connect code to HTTP status.
const statusOf: Record<string, number> = {
  invalid_argument: 400,
  failed_precondition: 400,
  out_of_range: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  aborted: 409,
  resource_exhausted: 429,
  unimplemented: 501,
  unavailable: 503,
};

export interface RefusalRow<World> {
  // What is refused.
  what: string;
  call: (world: World) => JsonCall | Promise<JsonCall>;
  code: keyof typeof statusOf;
  // A regular expression where several reasons are right.
  reason: string | RegExp;
  // The path that the answer names as wrong.
  field?: string;
  // Where it is not the one of the code.
  status?: number;
}

export function refusals<World>(
  cluster: () => Cluster,
  world: () => World,
  rows: RefusalRow<World>[],
): void {
  for (const row of rows) {
    test(`${row.what} is refused`, async () => {
      const call = await row.call(world());
      const answer = await jsonCall(cluster().gateway(0).url, call);
      assertRefused(answer, row, call.stream ?? false);
    });
  }
}

export function assertRefused(
  answer: JsonAnswer,
  expected: { code: string; reason: string | RegExp; field?: string; status?: number },
  stream = false,
): void {
  const { status, code, reason, sentence, fields } = answer;
  const seen = JSON.stringify({ status, code, reason, sentence, fields, body: answer.body.toString().slice(0, 300) });
  assert.equal(code, expected.code, seen);
  if (typeof expected.reason === "string") assert.equal(reason, expected.reason, seen);
  else assert.match(reason, expected.reason, seen);
  if (expected.field !== undefined) assert.ok(fields.includes(expected.field), seen);
  // A stream's refusal may come in its last frame, after the status was sent.
  const statuses = [expected.status ?? statusOf[code], ...(stream ? [200] : [])];
  assert.ok(statuses.includes(status), seen);
  assertHelpful(sentence);
}

// For people: a whole sentence, or the field that is wrong and what it must be.
export function assertHelpful(sentence: string): void {
  assert.match(
    sentence,
    /^([A-Z"].*\s.*\s.*[.?!]|[a-z][\w.]*: \S+ .*\S)$/s,
    `not a sentence that helps: "${sentence}"`,
  );
}
