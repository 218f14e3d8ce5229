import assert from "node:assert/strict";
import { test } from "node:test";
import { Arrival } from "./arrival.js";

test("who waits goes on when the stream has caught up, and later ones at once", async () => {
  const arrival = new Arrival();
  const waiting = arrival.wait();
  arrival.arrived();
  await waiting;
  await arrival.wait();
});

test("a refusal reaches who waits", async () => {
  const arrival = new Arrival();
  const waiting = arrival.wait();
  arrival.refused(new Error("no such shop"));
  await assert.rejects(waiting, /no such shop/);
});

test("patience ends, and a lost stream is waited for again", async () => {
  const arrival = new Arrival(5);
  arrival.arrived();
  arrival.lost();
  assert.equal(arrival.isThere, false);
  await assert.rejects(arrival.wait(), /cannot be reached/);
});
