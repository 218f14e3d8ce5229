// The words of orders and parcels.

import { Shipment_Status } from "../../gen/kefu/logistics/v1/service_pb.js";
import { Order_Fulfilment, Order_Payment, Order_State } from "../../gen/kefu/orders/v1/service_pb.js";
import { pick, type Language, type Words } from "../../shared/language.js";

type Table = Readonly<Record<number, Words>>;

const states: Table = {
  [Order_State.OPEN]: ["Open", "进行中"],
  [Order_State.ON_HOLD]: ["On hold", "已挂起"],
  [Order_State.COMPLETED]: ["Completed", "已完成"],
  [Order_State.CANCELLED]: ["Cancelled", "已取消"],
};
const payments: Table = {
  [Order_Payment.UNPAID]: ["Unpaid", "待付款"],
  [Order_Payment.PENDING]: ["Payment pending", "付款处理中"],
  [Order_Payment.AUTHORIZED]: ["Authorised", "已授权"],
  [Order_Payment.PARTIALLY_PAID]: ["Partly paid", "部分付款"],
  [Order_Payment.PAID]: ["Paid", "已付款"],
  [Order_Payment.PARTIALLY_REFUNDED]: ["Partly refunded", "部分退款"],
  [Order_Payment.REFUNDED]: ["Refunded", "已退款"],
  [Order_Payment.VOIDED]: ["Voided", "已作废"],
  [Order_Payment.EXPIRED]: ["Expired", "已过期"],
  [Order_Payment.FAILED]: ["Payment failed", "付款失败"],
};
const fulfilments: Table = {
  [Order_Fulfilment.UNFULFILLED]: ["Not shipped", "待发货"],
  [Order_Fulfilment.PROCESSING]: ["Being prepared", "备货中"],
  [Order_Fulfilment.HELD]: ["Held", "暂缓发货"],
  [Order_Fulfilment.PARTIALLY_SHIPPED]: ["Partly shipped", "部分发货"],
  [Order_Fulfilment.SHIPPED]: ["Shipped", "已发货"],
  [Order_Fulfilment.DELIVERED]: ["Delivered", "已签收"],
  [Order_Fulfilment.UNFULFILLABLE]: ["Cannot be shipped", "无法发货"],
  [Order_Fulfilment.CANCELLED]: ["Cancelled", "已取消"],
};
const shipments: Table = {
  [Shipment_Status.PENDING]: ["Pending", "待揽收"],
  [Shipment_Status.INFO_RECEIVED]: ["Announced", "已下单"],
  [Shipment_Status.PICKED_UP]: ["Picked up", "已揽收"],
  [Shipment_Status.IN_TRANSIT]: ["On its way", "运输中"],
  [Shipment_Status.OUT_FOR_DELIVERY]: ["Out for delivery", "派送中"],
  [Shipment_Status.AVAILABLE_FOR_PICKUP]: ["To be picked up", "待取件"],
  [Shipment_Status.ATTEMPT_FAILED]: ["Attempt failed", "投递失败"],
  [Shipment_Status.DELIVERED]: ["Delivered", "已签收"],
  [Shipment_Status.EXCEPTION]: ["Exception", "异常"],
  [Shipment_Status.RETURNING]: ["On its way back", "退回中"],
  [Shipment_Status.RETURNED]: ["Returned", "已退回"],
  [Shipment_Status.CANCELLED]: ["Cancelled", "已取消"],
  [Shipment_Status.LOST]: ["Lost", "丢失"],
  [Shipment_Status.EXPIRED]: ["No news", "长时间无更新"],
};

// A state that a newer release knows is shown by its number.
function wordOf(language: Language, table: Table, value: number): string {
  const words = table[value];
  return words ? pick(language, words) : String(value);
}

export const orderStateText = (language: Language, value: Order_State) => wordOf(language, states, value);
export const paymentText = (language: Language, value: Order_Payment) => wordOf(language, payments, value);
export const fulfilmentText = (language: Language, value: Order_Fulfilment) => wordOf(language, fulfilments, value);
export const shipmentText = (language: Language, value: Shipment_Status) => wordOf(language, shipments, value);

// Done well, gone wrong, or under way.
type Colour = "success" | "error" | "default";
const colourOf = (value: number, done: readonly number[], wrong: readonly number[]): Colour =>
  done.includes(value) ? "success" : wrong.includes(value) ? "error" : "default";

export const paymentColour = (value: Order_Payment) => colourOf(value, [Order_Payment.PAID], [Order_Payment.FAILED, Order_Payment.EXPIRED]);
export const fulfilmentColour = (value: Order_Fulfilment) =>
  colourOf(value, [Order_Fulfilment.SHIPPED, Order_Fulfilment.DELIVERED], [Order_Fulfilment.HELD, Order_Fulfilment.UNFULFILLABLE]);
export const shipmentColour = (value: Shipment_Status) =>
  colourOf(
    value,
    [Shipment_Status.DELIVERED, Shipment_Status.RETURNED],
    [Shipment_Status.ATTEMPT_FAILED, Shipment_Status.EXCEPTION, Shipment_Status.LOST, Shipment_Status.EXPIRED],
  );
