// What staff may do with an after-sales case, by its state and kind: the rows of services/after_sales/domain/machine.cc
// that are theirs. Pure. The service decides; this only says what to offer.

import { Case_Kind, Case_State, type CaseService } from "../../../../../gen/kefu/after_sales/v1/service_pb.js";

type Verb = Exclude<keyof (typeof CaseService)["method"], "openCase" | "settleRefund" | "getCase" | "listCases">;

export interface Step {
  readonly verb: Verb;
  // Beside a note.
  readonly asks?: "refund" | "amount" | "parcel" | "received" | "accepted";
  // The buyer is told why.
  readonly noteRequired?: boolean;
  readonly danger?: boolean;
}

interface Row extends Step {
  readonly from: readonly Case_State[];
  // Any, if absent.
  readonly kinds?: readonly Case_Kind[];
  // Where it is a ruling, which agents do not give.
  readonly ruling?: boolean;
}

const { REFUND_ONLY, RETURN_REFUND, EXCHANGE } = Case_Kind;
const sentBack = [RETURN_REFUND, EXCHANGE];
const {
  REQUESTED, INFO_REQUIRED, REJECTED, APPROVED_AWAITING_RETURN, RETURN_IN_TRANSIT, RECEIVED, INSPECTED, REJECTED_RETURN,
  AWAITING_REPLACEMENT, REPLACEMENT_IN_TRANSIT, ARBITRATION, REFUND_FAILED,
} = Case_State;

// In the order in which they are offered: what usually comes next comes first.
const rows: readonly Row[] = [
  { verb: "approveCase", from: [REQUESTED], kinds: [REFUND_ONLY], asks: "refund" },
  { verb: "approveCase", from: [REQUESTED], kinds: sentBack },
  { verb: "approveCase", from: [ARBITRATION], kinds: sentBack, ruling: true },
  { verb: "amendCase", from: [INFO_REQUIRED] },
  { verb: "reportReturn", from: [APPROVED_AWAITING_RETURN], kinds: sentBack, asks: "parcel" },
  { verb: "receiveReturn", from: [RETURN_IN_TRANSIT], kinds: sentBack, asks: "received" },
  { verb: "inspectReturn", from: [RECEIVED], kinds: sentBack, asks: "accepted" },
  { verb: "acceptExchange", from: [INSPECTED], kinds: [EXCHANGE] },
  { verb: "shipReplacement", from: [AWAITING_REPLACEMENT], kinds: [EXCHANGE], asks: "parcel" },
  { verb: "completeCase", from: [REPLACEMENT_IN_TRANSIT], kinds: [EXCHANGE] },
  { verb: "refundCase", from: [RECEIVED, INSPECTED], kinds: [RETURN_REFUND], asks: "amount" },
  { verb: "refundCase", from: [AWAITING_REPLACEMENT], kinds: [EXCHANGE], asks: "amount" },
  { verb: "refundCase", from: [REFUND_FAILED], asks: "amount" },
  { verb: "refundCase", from: [ARBITRATION], asks: "amount", ruling: true },
  { verb: "rejectCase", from: [REQUESTED], noteRequired: true, danger: true },
  { verb: "rejectCase", from: [INSPECTED], kinds: sentBack, noteRequired: true, danger: true },
  { verb: "requestInformation", from: [REQUESTED], noteRequired: true },
  { verb: "escalateCase", from: [REQUESTED, REJECTED] },
  { verb: "escalateCase", from: [RETURN_IN_TRANSIT, INSPECTED, REJECTED_RETURN], kinds: sentBack },
  { verb: "escalateCase", from: [REPLACEMENT_IN_TRANSIT], kinds: [EXCHANGE] },
  { verb: "closeCase", from: [REQUESTED, INFO_REQUIRED, REJECTED], danger: true },
  { verb: "closeCase", from: [APPROVED_AWAITING_RETURN, REJECTED_RETURN], kinds: sentBack, danger: true },
  { verb: "closeCase", from: [ARBITRATION], ruling: true, danger: true },
];

// `rules`: the caller decides disputes, as supervisors do.
export function stepsOf({ state, kind }: { readonly state: Case_State; readonly kind: Case_Kind }, rules: boolean): readonly Step[] {
  return rows.filter((row) => row.from.includes(state) && (row.kinds?.includes(kind) ?? true) && (rules || !row.ruling));
}
