// The words of an after-sales case, as a CaseCard carries them: kefu.after_sales.v1.Case.Kind and .State.

import { pick, type Language, type Words } from "./language.js";

const kinds: Readonly<Record<string, Words>> = {
  REFUND_ONLY: ["refund only", "仅退款"],
  RETURN_REFUND: ["return and refund", "退货退款"],
  EXCHANGE: ["exchange", "换货"],
};

const states: Readonly<Record<string, Words>> = {
  REQUESTED: ["asked for", "已申请"],
  INFO_REQUIRED: ["more information needed", "待补充材料"],
  REJECTED: ["refused", "已拒绝"],
  APPROVED_AWAITING_RETURN: ["agreed, waiting for the goods", "已同意，待退货"],
  RETURN_IN_TRANSIT: ["goods on their way back", "退货途中"],
  RECEIVED: ["goods are back", "已收到退货"],
  INSPECTED: ["goods were inspected", "已验货"],
  REJECTED_RETURN: ["returned goods refused", "退货被拒"],
  AWAITING_REPLACEMENT: ["waiting for the replacement", "待换货发出"],
  REPAIRING: ["being repaired", "维修中"],
  REPLACEMENT_IN_TRANSIT: ["replacement on its way", "换货途中"],
  ARBITRATION: ["being decided on", "仲裁中"],
  REFUND_PENDING: ["refund under way", "退款中"],
  REFUND_FAILED: ["refund failed", "退款失败"],
  COMPLETED: ["done", "已完成"],
  CLOSED: ["closed", "已关闭"],
};

// A word that a newer release uses is shown as it came.
export function caseKind(language: Language, kind: string): string {
  const words = kinds[kind];
  return words ? pick(language, words) : kind;
}

export function caseState(language: Language, state: string): string {
  const words = states[state];
  return words ? pick(language, words) : state;
}
