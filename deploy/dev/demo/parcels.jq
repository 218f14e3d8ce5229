# Tracking events for the parcels of orders.jq, one a line: after them there is a parcel in every status.
#
#   jq -cn --argjson since SECONDS -f parcels.jq

def at($hours): $since - $hours * 3600 | todate;

# What happened to the n-th parcel, oldest first: hours before `since`, status, words.
def announced: [80, "INFO_RECEIVED", "快递员待揽收 Waiting for pickup"];
def taken: announced, [72, "PICKED_UP", "已揽收 Picked up"];
def moving: taken, [50, "IN_TRANSIT", "快件已到达分拨中心 Arrived at the sorting centre"];
def out: moving, [26, "OUT_FOR_DELIVERY", "派送中 Out for delivery"];
def story: [
  [],
  [announced],
  [taken],
  [moving],
  [out],
  [moving, [25, "AVAILABLE_FOR_PICKUP", "已存放至驿站 Ready at the pickup point"]],
  [out, [24, "ATTEMPT_FAILED", "收件人不在 Nobody at home"]],
  [out, [23, "DELIVERED", "已签收 Delivered"]],
  [moving, [30, "EXCEPTION", "包裹破损，处理中 Damaged on the way"]],
  [out, [24, "EXCEPTION", "收件人拒收 Refused"], [20, "RETURNING", "退回中 On its way back"]],
  [out, [24, "EXCEPTION", "地址不详 Address not found"], [20, "RETURNING", "退回中 On its way back"],
   [2, "RETURNED", "已退回 Back at the sender"]],
  [announced, [60, "CANCELLED", "订单已取消 Cancelled"]],
  [moving, [10, "LOST", "快件遗失 Lost"]],
  [[3, "EXPIRED", "长时间无更新 No news for long"]]
];

story | to_entries[] | .key as $n | .value[] | {
  carrier: (if ($n + 1) % 2 == 0 then "shunfeng" else "zhongtong" end),
  trackingNumber: "DEMO20\(11 + $n)",
  time: at(.[0]), status: "STATUS_\(.[1])", text: .[2], place: "示例市 Sampletown"
}
