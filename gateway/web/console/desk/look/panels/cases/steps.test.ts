import assert from "node:assert/strict";
import { test } from "node:test";
import { Case_Kind, Case_State } from "../../../../../gen/kefu/after_sales/v1/service_pb.js";
import { stepsOf } from "./steps.js";

// By kind, what an agent is offered in each state; the rest of the states offer nothing. As the service's own table.
const [refund, back, exchange] = [Case_Kind.REFUND_ONLY, Case_Kind.RETURN_REFUND, Case_Kind.EXCHANGE];
const asked = ["approveCase", "rejectCase", "requestInformation", "escalateCase", "closeCase"];
const common: Partial<Record<keyof typeof Case_State, string[]>> = {
  REQUESTED: asked,
  INFO_REQUIRED: ["amendCase", "closeCase"],
  REJECTED: ["escalateCase", "closeCase"],
  REFUND_FAILED: ["refundCase"],
};
const sentBack: typeof common = {
  ...common,
  APPROVED_AWAITING_RETURN: ["reportReturn", "closeCase"],
  RETURN_IN_TRANSIT: ["receiveReturn", "escalateCase"],
  REJECTED_RETURN: ["escalateCase", "closeCase"],
};
const expected: Readonly<Record<number, typeof common>> = {
  [refund]: common,
  [back]: { ...sentBack, RECEIVED: ["inspectReturn", "refundCase"], INSPECTED: ["refundCase", "rejectCase", "escalateCase"] },
  [exchange]: {
    ...sentBack,
    RECEIVED: ["inspectReturn"],
    INSPECTED: ["acceptExchange", "rejectCase", "escalateCase"],
    AWAITING_REPLACEMENT: ["shipReplacement", "refundCase"],
    REPLACEMENT_IN_TRANSIT: ["completeCase", "escalateCase"],
  },
};

const states = Object.values(Case_State).filter((state): state is Case_State => typeof state === "number");
const verbs = (state: Case_State, kind: Case_Kind, rules: boolean) => stepsOf({ state, kind }, rules).map(({ verb }) => verb);

test("an agent is offered what the service would do, in every state of every kind", () => {
  for (const kind of [refund, back, exchange]) {
    for (const state of states) {
      const name = Case_State[state] as keyof typeof Case_State;
      assert.deepEqual(verbs(state, kind, false), expected[kind]![name] ?? [], `${Case_Kind[kind]} ${name}`);
    }
  }
});

test("rulings are for who decides disputes", () => {
  assert.deepEqual(verbs(Case_State.ARBITRATION, back, false), []);
  assert.deepEqual(verbs(Case_State.ARBITRATION, back, true), ["approveCase", "refundCase", "closeCase"]);
  assert.deepEqual(verbs(Case_State.ARBITRATION, refund, true), ["refundCase", "closeCase"]);
});

test("what cannot be undone asks why", () => {
  for (const { verb, noteRequired } of stepsOf({ state: Case_State.REQUESTED, kind: back }, false)) {
    assert.equal(noteRequired ?? false, verb === "rejectCase" || verb === "requestInformation", verb);
  }
});
