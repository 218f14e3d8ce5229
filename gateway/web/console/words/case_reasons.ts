// The words of why an after-sales case is opened: kefu.after_sales.v1.Case.Reason.

import { pick, type Language, type Words } from "../../shared/language.js";

const reasons: Readonly<Record<string, Words>> = {
  CHANGED_MIND: ["changed their mind", "不想要了"],
  SIZE: ["wrong size", "尺码不合适"],
  COLOR: ["another colour wanted", "颜色不合适"],
  STYLE: ["does not please", "款式不喜欢"],
  ORDERED_WRONG: ["ordered by mistake", "拍错了"],
  NOT_COMPATIBLE: ["does not fit what they have", "不适配"],
  DEFECTIVE: ["does not work", "商品故障"],
  NOT_AS_DESCRIBED: ["not as described", "与描述不符"],
  WRONG_ITEM: ["another thing came", "发错货"],
  MISSING_PARTS: ["something is missing", "少件漏发"],
  QUALITY: ["poor quality", "质量问题"],
  COUNTERFEIT: ["counterfeit", "假冒商品"],
  LATE_SHIPMENT: ["shipped late", "发货延迟"],
  DAMAGED_IN_TRANSIT: ["damaged on its way", "运输破损"],
  LOST: ["lost on its way", "包裹丢失"],
  NOT_RECEIVED: ["has not come", "未收到货"],
  MISSED_ESTIMATE: ["later than promised", "未按约定时间送达"],
  UNAUTHORIZED: ["not ordered by the buyer", "非本人下单"],
};

// A word that a newer release uses is shown as it came.
export function caseReason(language: Language, reason: string): string {
  const words = reasons[reason];
  return words ? pick(language, words) : reason;
}
