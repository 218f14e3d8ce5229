# The orders of the demonstration shop, one a line: every value of every axis, a parcel in every status, and delivered
# orders for the cases of cases.txt. Invented, and the same each time:
#
#   jq -cn --argjson since SECONDS -f orders.jq
#
# `since` is the time of the shop's first start; everything happened before it.

def at($hours): $since - $hours * 3600 | todate;

def contact($n):
  if $n % 2 == 0 then
    {name: "买家\($n)号", phone: "1380000000\($n)", address: "示例路 \($n) 号", country: "CN", region: "上海市", city: "上海市",
     postalCode: "200000"}
  else
    {name: "Buyer \($n)", phone: "+1 555 010 000\($n)", address: "\($n) Example Road", country: "US", region: "CA",
     city: "Sampletown", postalCode: "90000"}
  end;

def catalogue: [
  {sku: "MUG-BLUE", product: "p-mug", title: "蓝色马克杯 Blue mug", price: 39},
  {sku: "TEE-M", product: "p-tee", title: "纯棉T恤 M Cotton T-shirt M", price: 79.5},
  {sku: "LAMP-1", product: "p-lamp", title: "护眼台灯 Desk lamp", price: 199},
  {sku: "BAG-GREY", product: "p-bag", title: "灰色双肩包 Grey backpack", price: 259}
];

# $hours: how long ago it was made. $more: what differs from a paid order of two lines.
def order($number; $buyer; $hours; $state; $payment; $fulfilment; $more):
  ([$number | explode[]] | add) as $seed
  | [catalogue[$seed % 4] + {quantity: 1}, catalogue[($seed + 1) % 4] + {quantity: 2}] as $lines
  | ($lines | map(.price * .quantity) | add) as $goods
  | {source: "native", number: $number, sourceVersion: "1", createTime: at($hours), updateTime: at($hours - 1),
     buyerExternalId: "buyer-\($buyer)", contact: contact($buyer), currency: "CNY",
     lines: [$lines | to_entries[] | .value + {line: "L\(.key + 1)", unitPrice: "\(.value.price)"} | del(.price)],
     freight: "10", total: "\($goods + 10)",
     paid: (if $payment | IN("PAID", "PARTIALLY_REFUNDED", "REFUNDED") then "\($goods + 10)" else "0" end),
     refunded: (if $payment == "REFUNDED" then "\($goods + 10)" elif $payment == "PARTIALLY_REFUNDED" then "10" else "0" end),
     state: "STATE_\($state)", payment: "PAYMENT_\($payment)", fulfilment: "FULFILMENT_\($fulfilment)"}
    + $more;

def order($number; $buyer; $hours; $state; $payment; $fulfilment):
  order($number; $buyer; $hours; $state; $payment; $fulfilment; {});

def parcel($carrier; $tracking): {parcels: [{carrier: $carrier, trackingNumber: $tracking}]};

def axes:
  order("D1001"; 1; 5; "OPEN"; "UNPAID"; "UNFULFILLED"),
  order("D1002"; 2; 6; "OPEN"; "PENDING"; "UNFULFILLED"),
  order("D1003"; 3; 8; "OPEN"; "AUTHORIZED"; "PROCESSING"),
  order("D1004"; 4; 9; "OPEN"; "PARTIALLY_PAID"; "PROCESSING"; {paid: "20"}),
  order("D1005"; 5; 12; "ON_HOLD"; "PAID"; "HELD"),
  order("D1006"; 6; 14; "OPEN"; "PAID"; "UNFULFILLED"),
  order("D1007"; 1; 50; "OPEN"; "PAID"; "PARTIALLY_SHIPPED"),
  order("D1008"; 2; 60; "OPEN"; "PAID"; "SHIPPED"),
  order("D1009"; 3; 200; "COMPLETED"; "PAID"; "DELIVERED"),
  order("D1010"; 4; 210; "COMPLETED"; "PARTIALLY_REFUNDED"; "DELIVERED"),
  order("D1011"; 5; 220; "CANCELLED"; "REFUNDED"; "CANCELLED"),
  order("D1012"; 6; 230; "CANCELLED"; "VOIDED"; "CANCELLED"),
  order("D1013"; 1; 240; "CANCELLED"; "EXPIRED"; "UNFULFILLED"),
  order("D1014"; 2; 10; "OPEN"; "FAILED"; "UNFULFILLED"),
  order("D1015"; 3; 30; "OPEN"; "PAID"; "UNFULFILLABLE"),
  order("D1016"; 5; 40; "OPEN"; "PAID"; "PROCESSING";
        {currency: "JPY", freight: "500", total: "7000", paid: "7000",
         lines: [{line: "L1", sku: "CUP-JP", product: "p-cup", title: "抹茶碗 Matcha bowl", quantity: 1, unitPrice: "6500"}]}),
  order("D1017"; 6; 41; "OPEN"; "PAID"; "PROCESSING";
        {currency: "USD", freight: "4.99", total: "24.98", paid: "24.98",
         lines: [{line: "L1", sku: "PIN-US", product: "p-pin", title: "Enamel pin 珐琅徽章", quantity: 1, unitPrice: "19.99"}]});

# One parcel in each of the statuses that parcels.jq knows.
def parcels:
  range(1; 15) as $n
  | order("D20\(if $n < 10 then "0" else "" end)\($n)"; 1 + $n % 6; 90; "OPEN"; "PAID"; "SHIPPED";
          parcel(if $n % 2 == 0 then "shunfeng" else "zhongtong" end; "DEMO20\(10 + $n)"));

# Delivered, as cases want them.
def delivered:
  range(1; 15) as $n
  | order("D30\(if $n < 10 then "0" else "" end)\($n)"; 1 + $n % 6; 150; "OPEN"; "PAID"; "DELIVERED");

axes, parcels, delivered
