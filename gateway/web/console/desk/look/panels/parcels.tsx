// Where the buyer's parcels are; a parcel can be sent as a card.

import { Button, Tag } from "antd";
import { create } from "@bufbuild/protobuf";
import { ParcelCardSchema } from "../../../../gen/kefu/common/v1/entry_pb.js";
import type { Shipment } from "../../../../gen/kefu/logistics/v1/service_pb.js";
import { useSpeech } from "../../../frame/language.js";
import { shipmentColour, shipmentText } from "../../../words/order_words.js";
import { momentText } from "../../times.js";
import type { PanelProps } from "../panels.js";
import { Nothing } from "./facts.js";

export function ParcelsPanel({ look: { shipments }, held }: PanelProps) {
  const { language, locale, say } = useSpeech();
  if (shipments.length === 0) return <Nothing>{say("noParcels")}</Nothing>;
  const send = ({ carrier, trackingNumber, status }: Shipment) => {
    const value = create(ParcelCardSchema, { carrier, trackingNumber, status: shipmentText(language, status) });
    held?.outbox.add({ body: "", note: false, card: { case: "parcel", value } });
  };
  return shipments.map((shipment) => (
    <article className="thing" key={shipment.shipment}>
      <header>
        <strong>
          {shipment.carrier} {shipment.trackingNumber}
        </strong>
        <Tag color={shipmentColour(shipment.status)}>{shipmentText(language, shipment.status)}</Tag>
      </header>
      <ul>
        {shipment.events.slice(0, 4).map(({ event, time, text, place }) => (
          <li key={event} dir="auto">
            <span className="faint">{momentText(locale, time)}</span> {text} {place}
          </li>
        ))}
      </ul>
      <footer>
        <span className="faint">{shipment.orderNumber}</span>
        {held && (
          <Button size="small" onClick={() => send(shipment)}>
            {say("sendCard")}
          </Button>
        )}
      </footer>
    </article>
  ));
}
