// What the demonstration shop sells, and one of its orders: as deploy/dev/demo/orders.jq and parcels.jq have them.

import type { Words } from "../shared/language.js";
import bag from "./art/bag.svg";
import lamp from "./art/lamp.svg";
import mug from "./art/mug.svg";

export interface Product {
  readonly product: string;
  readonly title: Words;
  // In cents of CNY.
  readonly price: number;
  readonly picture: string;
  readonly line: Words;
  readonly facts: readonly Words[];
}

export const products: Readonly<Record<string, Product>> = {
  mug: {
    product: "p-mug",
    title: ["Blue mug", "蓝色马克杯"],
    price: 3900,
    picture: mug,
    line: ["A mug for slow mornings, glazed in the blue of a clear sky.", "晴空蓝釉，陪你慢慢度过每个清晨。"],
    facts: [
      ["350 ml, stoneware", "350 毫升，炻瓷"],
      ["Dishwasher and microwave safe", "可用于洗碗机和微波炉"],
      ["A thick rim keeps tea warm", "杯壁厚实，保温更久"],
    ],
  },
  lamp: {
    product: "p-lamp",
    title: ["Desk lamp", "护眼台灯"],
    price: 19900,
    picture: lamp,
    line: ["Warm light where you read, dark where you do not.", "光落在书页上，夜留在窗外。"],
    facts: [
      ["Flicker-free, 2700 to 5000 K", "无频闪，2700–5000 K 可调"],
      ["Two joints, reaches 60 cm", "双关节臂，伸展 60 厘米"],
      ["USB-C, 9 W", "USB-C 供电，9 瓦"],
    ],
  },
  bag: {
    product: "p-bag",
    title: ["Grey backpack", "灰色双肩包"],
    price: 25900,
    picture: bag,
    line: ["Room for a laptop, a lunch and a change of plans.", "装得下电脑、午餐，和一次说走就走。"],
    facts: [
      ["22 litres, 15-inch sleeve", "22 升，15 英寸电脑隔层"],
      ["Water-repellent canvas", "防泼水帆布"],
      ["Two years of guarantee", "两年质保"],
    ],
  },
};

export const order = {
  number: "D2005",
  carrier: ["ZTO", "中通"] as Words,
  parcel: "DEMO2015",
  state: ["Out for delivery", "派送中"] as Words,
  lines: [
    { key: "bag", quantity: 1 },
    { key: "mug", quantity: 2 },
  ],
  freight: 1000,
} as const;
