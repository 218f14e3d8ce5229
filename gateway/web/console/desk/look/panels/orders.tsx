// What the buyer ordered; an order can be sent as a card, and an after-sales case be opened for it.

import { Button, Tag } from "antd";
import { create } from "@bufbuild/protobuf";
import { useState } from "react";
import { OrderCardSchema } from "../../../../gen/kefu/common/v1/entry_pb.js";
import type { Order } from "../../../../gen/kefu/orders/v1/service_pb.js";
import { amount } from "../../../cards/kinds.js";
import { useSpeech } from "../../../frame/language.js";
import { fulfilmentColour, fulfilmentText, orderStateText, paymentColour, paymentText } from "../../../words/order_words.js";
import { aboutOrder } from "../../lists/names.js";
import { momentText } from "../../times.js";
import type { PanelProps } from "../panels.js";
import { Nothing } from "./facts.js";
import { OpenCase } from "./cases/open_case.js";
import { OrderContact } from "./contact.js";

export function OrdersPanel({ look: { orders }, session, held, again }: PanelProps) {
  const speech = useSpeech();
  const { language, locale, say } = speech;
  const [opening, setOpening] = useState<Order>();
  if (orders.length === 0) return <Nothing>{say("noOrders")}</Nothing>;
  const send = (order: Order) => {
    const value = create(OrderCardSchema, {
      orderNumber: order.number,
      title: order.lines.map(({ title, quantity }) => `${title} × ${quantity}`).join(", ").slice(0, 80),
      status: fulfilmentText(language, order.fulfilment),
      ...(order.totals?.total ? { total: order.totals.total } : {}),
    });
    held?.outbox.add({ body: "", note: false, card: { case: "order", value } });
  };
  const opened = (done: boolean) => {
    setOpening(undefined);
    if (done) again();
  };
  // The one that it is about comes first.
  const about = aboutOrder(session);
  const sorted = [...orders].sort((a, b) => Number(b.number === about) - Number(a.number === about));
  const shown = sorted.map((order) => (
    <article className="thing" key={order.order}>
      <header>
        <strong>{order.number}</strong>
        <span>{amount(speech, order.totals?.total)}</span>
      </header>
      <p>
        <Tag>{orderStateText(language, order.state)}</Tag>
        <Tag color={paymentColour(order.payment)}>{paymentText(language, order.payment)}</Tag>
        <Tag color={fulfilmentColour(order.fulfilment)}>{fulfilmentText(language, order.fulfilment)}</Tag>
      </p>
      <ul>
        {order.lines.map(({ line, title, quantity, total }) => (
          <li key={line} dir="auto">
            {title} × {quantity} <span className="faint">{amount(speech, total)}</span>
          </li>
        ))}
      </ul>
      <footer>
        <span className="faint">
          {momentText(locale, order.createTime)} <OrderContact order={order} />
        </span>
        {held && (
          <span className="buttons">
            <Button size="small" onClick={() => setOpening(order)}>
              {say("openCase")}
            </Button>
            <Button size="small" onClick={() => send(order)}>
              {say("sendCard")}
            </Button>
          </span>
        )}
      </footer>
    </article>
  ));
  return (
    <>
      {shown}
      {opening && <OpenCase order={opening} close={opened} />}
    </>
  );
}
