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
  count?(look: OneLook): number;
  readonly Panel: ComponentType<PanelProps>;
}

export const panels: readonly PanelEntry[] = [
  { key: "buyer", title: "buyer", Panel: BuyerPanel },
  { key: "orders", title: "orders", count: ({ orders }) => orders.length, Panel: OrdersPanel },
  { key: "parcels", title: "parcels", count: ({ shipments }) => shipments.length, Panel: ParcelsPanel },
  { key: "cases", title: "cases", count: ({ cases }) => cases.length, Panel: CasesPanel },
  { key: "sessions", title: "earlierSessions", count: ({ earlierSessions }) => earlierSessions.length, Panel: SessionsPanel },
];
