// The panels of the right column. A panel is a file in panels/ and one line here.

import type { ComponentType } from "react";
import type { OneLook } from "../../../gen/kefu/gateway/v1/one_look_pb.js";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import type { Held } from "../../live/held.js";
import type { TextKey } from "../../texts.js";
import { BuyerPanel } from "./panels/buyer.js";
import { CasesPanel } from "./panels/cases/panel.js";
import { OrdersPanel } from "./panels/orders.js";
import { ParcelsPanel } from "./panels/parcels.js";
import { SessionsPanel } from "./panels/sessions.js";

export interface PanelProps {
  readonly look: OneLook;
  readonly session: Session;
  // Absent unless the session is mine.
  readonly held: Held | undefined;
  // Asks for everything anew, after something was changed.
  again(): void;
}

interface PanelEntry {
  readonly key: string;
  readonly title: TextKey;
  // Whose the data is: when it has a gap, the panel is not shown.
  readonly service?: keyof typeof services;
  count?(look: OneLook): number;
  readonly Panel: ComponentType<PanelProps>;
}

// As OneLook.Gap names them.
export const services = {
  inquiries: "gapInquiries",
  orders: "gapOrders",
  logistics: "gapLogistics",
  after_sales: "gapAfterSales",
  records: "gapRecords",
} as const satisfies Readonly<Record<string, TextKey>>;

export const panels: readonly PanelEntry[] = [
  { key: "buyer", title: "buyer", Panel: BuyerPanel },
  { key: "orders", title: "orders", service: "orders", count: ({ orders }) => orders.length, Panel: OrdersPanel },
  { key: "parcels", title: "parcels", service: "logistics", count: ({ shipments }) => shipments.length, Panel: ParcelsPanel },
  { key: "cases", title: "cases", service: "after_sales", count: ({ cases }) => cases.length, Panel: CasesPanel },
  { key: "sessions", title: "earlierSessions", service: "records", count: ({ earlierSessions }) => earlierSessions.length, Panel: SessionsPanel },
];
