// What buyers ask about.

import { Category } from "../../gen/kefu/common/v1/entry_pb.js";
import type { TextKey } from "../texts.js";

export const categoryKeys: Readonly<Record<Category, TextKey>> = {
  [Category.UNSPECIFIED]: "catUnspecified",
  [Category.PRE_SALE]: "catPreSale",
  [Category.ORDER]: "catOrder",
  [Category.LOGISTICS]: "catLogistics",
  [Category.AFTER_SALES]: "catAfterSales",
  [Category.COMPLAINT]: "catComplaint",
};
