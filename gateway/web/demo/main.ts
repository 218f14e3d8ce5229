// The demonstration page: a buyer on the left, an agent on the right, both real clients of this gateway.
// ?shop=<id> chooses the shop; "demo" otherwise.

import { LanguageChoice } from "../shared/language.js";
import { AgentState } from "./agent/state.js";
import { AgentView } from "./agent/view.js";
import { BuyerState } from "./buyer/state.js";
import { BuyerView } from "./buyer/view.js";
import { setText } from "../shared/dom.js";
import { text } from "./texts.js";

function byId(id: string): HTMLElement {
  const node = document.getElementById(id);
  if (!node) throw new Error(`index.html has no #${id}`);
  return node;
}

const shop = new URLSearchParams(location.search).get("shop") ?? "demo";
const language = new LanguageChoice(localStorage, navigator.languages);
const visible = () => document.visibilityState === "visible";

const buyer = new BuyerState(
  location.origin,
  shop,
  localStorage,
  () => (language.current === "zh" ? "zh-CN" : "en"),
  visible,
  () => changed(),
);
const agent = new AgentState(location.origin, sessionStorage, visible, () => changed());
const buyerView = new BuyerView(byId("buyer"), buyer);
const agentView = new AgentView(byId("agent"), agent, shop);

// Many frames may change the state between two pictures: the page is drawn once for all of them.
let drawing = false;
function changed(): void {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    draw();
  });
}

function draw(): void {
  document.documentElement.lang = language.current === "zh" ? "zh-CN" : "en";
  const title = text(language.current, "pageTitle");
  document.title = title;
  setText(byId("title"), title);
  byId("language-zh").setAttribute("aria-pressed", String(language.current === "zh"));
  byId("language-en").setAttribute("aria-pressed", String(language.current === "en"));
  buyerView.show(language.current);
  agentView.show(language.current);
}

byId("language-zh").addEventListener("click", () => language.choose("zh"));
byId("language-en").addEventListener("click", () => language.choose("en"));
language.onChange(changed);
document.addEventListener("visibilitychange", () => {
  if (!visible()) return;
  buyer.seen();
  agent.seen();
});

draw();
agent.resume();
void buyer.run(new AbortController().signal);
