// The demonstration shop: three products and an order, with the widget as a customer would embed it. #mug, #lamp, #bag,
// #order choose the page, and the widget is told where the buyer is.

import { button, element, setText } from "../shared/dom.js";
import { LanguageChoice, pick, type Words } from "../shared/language.js";
import { moneyText } from "../shared/money.js";
import { order, products, type Product } from "./catalogue.js";
import { kefu } from "./kefu.js";

const words = {
  shop: ["Demo shop", "示例店铺"],
  order: ["My order", "我的订单"],
  askProduct: ["Ask about it", "咨询客服"],
  askOrder: ["Ask about this order", "咨询此订单"],
  shipping: ["Shipping in 48 hours · 7 days to return", "48 小时内发货 · 7 天无理由退货"],
  number: ["Order {n}", "订单 {n}"],
  parcel: ["Parcel", "包裹"],
  freight: ["Freight", "运费"],
  total: ["Total", "合计"],
  footer: ["A shop that exists to try kefu with. Nothing is sold here.", "本店仅用于体验 kefu，不销售任何商品。"],
} as const satisfies Record<string, Words>;

const language = new LanguageChoice(localStorage, navigator.languages);

function say(pair: Words): string {
  return pick(language.current, pair);
}

function money(cents: number): string {
  return moneyText(language.current === "zh" ? "zh-CN" : "en", "CNY", BigInt(cents));
}

function byId(id: string): HTMLElement {
  const node = document.getElementById(id);
  if (!node) throw new Error(`index.html has no #${id}`);
  return node;
}

function chosen(): string {
  const key = location.hash.slice(1);
  return key === "order" || Object.hasOwn(products, key) ? key : "mug";
}

function picture(product: Product, className: string): HTMLElement {
  const node = element("img", { class: className });
  node.src = product.picture;
  node.alt = say(product.title);
  return node;
}

function productPage(product: Product): Node[] {
  return [
    element("div", { class: "stage" }, picture(product, "art")),
    element(
      "div",
      { class: "buy" },
      element("h1", {}, say(product.title)),
      element("p", { class: "line" }, say(product.line)),
      element("p", { class: "price" }, money(product.price)),
      element("ul", { class: "facts" }, ...product.facts.map((fact) => element("li", {}, say(fact)))),
      button(say(words.askProduct), () => kefu("open"), { class: "ask" }),
      element("p", { class: "shipping" }, say(words.shipping)),
    ),
  ];
}

function orderPage(): Node[] {
  const rows = order.lines.flatMap(({ key, quantity }) => {
    const product = products[key];
    if (!product) return [];
    return element(
      "li",
      { class: "row" },
      picture(product, "thumb"),
      element("span", { class: "what" }, `${say(product.title)} × ${quantity}`),
      element("span", { class: "sum" }, money(product.price * quantity)),
    );
  });
  const goods = order.lines.reduce((sum, { key, quantity }) => sum + (products[key]?.price ?? 0) * quantity, 0);
  const fact = (label: Words, value: string) =>
    element("li", { class: "row" }, element("span", { class: "what" }, say(label)), element("span", { class: "sum" }, value));
  return [
    element(
      "div",
      { class: "order" },
      element("h1", {}, say(words.number).replace("{n}", order.number)),
      element("p", { class: "state" }, say(order.state)),
      element(
        "ul",
        { class: "rows" },
        ...rows,
        fact(words.freight, money(order.freight)),
        fact(words.total, money(goods + order.freight)),
        fact(words.parcel, `${say(order.carrier)} ${order.parcel}`),
      ),
      button(say(words.askOrder), () => kefu("open"), { class: "ask" }),
    ),
  ];
}

// What a shop's page tells the widget: where the buyer is.
function tellWidget(key: string): void {
  const product = products[key];
  if (!product) {
    kefu("page", { url: location.href, order: order.number, parcel: order.parcel });
    return;
  }
  const price = { currency: "CNY", minorUnits: product.price };
  kefu("page", { url: location.href, product: product.product, title: say(product.title), price });
}

function draw(): void {
  const key = chosen();
  document.documentElement.lang = language.current === "zh" ? "zh-CN" : "en";
  document.title = say(words.shop);
  setText(byId("name"), say(words.shop));
  setText(byId("footer"), say(words.footer));
  byId("zh").setAttribute("aria-pressed", String(language.current === "zh"));
  byId("en").setAttribute("aria-pressed", String(language.current === "en"));
  const links: [string, Words][] = Object.entries(products).map(([name, product]) => [name, product.title]);
  links.push(["order", words.order]);
  byId("nav").replaceChildren(
    ...links.map(([name, title]) =>
      element("a", { href: `#${name}`, ...(name === key ? { "aria-current": "page" } : {}) }, say(title)),
    ),
  );
  const product = products[key];
  const main = byId("main");
  main.className = product ? `product ${key}` : "order-page";
  main.replaceChildren(...(product ? productPage(product) : orderPage()));
  tellWidget(key);
}

byId("zh").addEventListener("click", () => language.choose("zh"));
byId("en").addEventListener("click", () => language.choose("en"));
language.onChange(draw);
window.addEventListener("hashchange", draw);
draw();
