// The pictures of docs/, taken of a running product with invented conversations: in both languages, light and dark, at a
// desk and on a phone.
//
//   node pictures.mjs FOLDER
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium; tests/run/pictures.sh runs it.
import { createHmac } from "node:crypto";
import { mkdirSync } from "node:fs";

import { KEFU_DEMO_PASSWORD_FILE, be, first, kefuctl, light, password, picture, signIn } from "./staff.mjs";
import { Agent, call, patience, withBrowser } from "./support.mjs";

mkdirSync(process.argv[2], { recursive: true });
const { keyId, key } = JSON.parse(
  kefuctl("--json", "--login", "admin", "--password-file", KEFU_DEMO_PASSWORD_FILE, "identity", "rotate", "--shop", "demo"),
);

const looks = [
  {
    name: "zh-light", locale: "zh-CN", colorScheme: "light", language: "zh-CN", switchTo: "#zh", online: "在线",
    reply: "您好！我看一下，请稍等。", note: "老客户，优先处理", last: "好的，谢谢！",
    card: { orderNumber: "D1007", title: "蓝色马克杯 × 1, 纯棉T恤 M × 2", status: "部分发货", total: { currency: "CNY", minorUnits: "20800" } },
    asks: [
      ["buyer-1", "陈女士", "订单 D1007 只到了一件，另一件什么时候发？", "CATEGORY_LOGISTICS", "D1007"],
      ["buyer-2", "李先生", "灰色双肩包能放下 15 寸电脑吗？", "CATEGORY_PRE_SALE", ""],
      ["buyer-3", "王小明", "T恤太小了，可以换大一码吗？", "CATEGORY_AFTER_SALES", "D1009"],
    ],
    pages: { board: "技能组", groups: "技能组与路由", staffing: "人力测算", calculate: "计 算", whatIf: "模拟对比", tryIt: "开始模拟", level: "服务水平" },
  },
  {
    name: "en-dark", locale: "en-US", colorScheme: "dark", language: "en", switchTo: "#en", online: "Online",
    reply: "Hello! Let me have a look, one moment.", note: "A regular: please be quick", last: "Great, thank you!",
    card: { orderNumber: "D1010", title: "Blue mug × 1, Cotton T-shirt M × 2", status: "delivered", total: { currency: "CNY", minorUnits: "20800" } },
    asks: [
      ["buyer-4", "Bea", "The mug of order D1010 has a crack. What can we do?", "CATEGORY_AFTER_SALES", "D1010"],
      ["buyer-5", "Carl", "How long does a refund take to my card?", "CATEGORY_AFTER_SALES", "D1011"],
      ["buyer-6", "Dana", "Does the lamp have a warm light?", "CATEGORY_PRE_SALE", ""],
    ],
    pages: { board: "Groups", groups: "Groups and routing", staffing: "Agents needed", calculate: "Calculate", whatIf: "What if", tryIt: "Try it", level: "Service level" },
  },
];

function claim(externalId, displayName) {
  const timestamp = Math.floor(Date.now() / 1000);
  const signed = ["v1", "demo", externalId, displayName, timestamp].join("\n");
  return { externalId, displayName, timestamp, keyId, signature: createHmac("sha256", key).update(signed).digest("hex") };
}

async function ask([externalId, displayName, body, category, orderNumber], language) {
  const proof = { shop: "demo", ...claim(externalId, displayName) };
  const { token } = await call(first, "AuthService/IdentifyBuyer", { ...proof, timestamp: String(proof.timestamp) });
  const opening = { category, language, ...(orderNumber ? { page: { orderNumber } } : {}) };
  const { session } = await call(first, "BuyerService/OpenSession", { requestId: crypto.randomUUID(), opening, content: { text: { body } } }, token);
  const say = (words) =>
    call(first, "BuyerService/SendMessage", { requestId: crypto.randomUUID(), session, content: { text: { body: words } } }, token);
  return { session, body, say };
}

// The desk of agent1, who serves three buyers; the first is being looked at.
async function desk(page, look) {
  await page.goto(`${first}/console/`);
  await signIn(page, "agent1");
  await light(page, "live");
  await be(page, look.online);
  const agent = await Agent.signIn(first, "demo", "agent1", password);
  const buyers = [];
  for (const one of look.asks) buyers.push(await ask(one, look.language));
  const held = await agent.given(buyers[0].body);
  for (const { body } of buyers.slice(1)) await agent.given(body);
  await page.locator(`[data-session="${held.session}"]`).click();
  await agent.say(held, look.reply);
  await agent.say(held, { order: look.card });
  await agent.say(held, { note: { body: look.note } });
  await buyers[0].say(look.last);
  await page.locator(".entry .body").getByText(look.last).waitFor({ timeout: patience });
  await page.locator(".right .thing").first().waitFor({ timeout: patience });
  await picture(page, `desk-${look.name}`);
  const other = look.colorScheme === "light" ? "dark" : "light";
  await page.emulateMedia({ colorScheme: other });
  await page.locator(`:root[data-theme="${other}"]`).waitFor({ state: "attached", timeout: patience });
  await picture(page, `desk-${look.language.slice(0, 2)}-${other}`);
  return { agent, buyers };
}

async function leads(page, { name, pages }) {
  await page.goto(`${first}/console/`);
  await signIn(page, "supervisor");
  await light(page, "live");
  await page.goto(`${first}/console/#/board`);
  await page.locator(".board .chart canvas").first().waitFor({ timeout: patience });
  await picture(page, `board-${name}`);
  await page.goto(`${first}/console/#/admin/groups`);
  await page.locator(".page-head h2").getByText(pages.groups).waitFor({ timeout: patience });
  await page.locator(".document .ant-collapse-item").first().waitFor({ timeout: patience });
  await picture(page, `groups-${name}`);
  await page.goto(`${first}/console/#/planning/staffing`);
  await page.getByRole("button", { name: pages.calculate, exact: true }).click();
  await page.locator(".ant-table-row.in-question").waitFor({ timeout: patience });
  await picture(page, `staffing-${name}`);
  await page.goto(`${first}/console/#/planning/what-if`);
  await page.locator("#arrivalsPerHour").fill("200");
  await page.locator("#hours").fill("2");
  await page.getByRole("button", { name: pages.tryIt, exact: true }).click();
  const row = page.locator(".ant-table-row").filter({ hasText: pages.level });
  await row.waitFor({ timeout: 120_000 });
  await row.scrollIntoViewIfNeeded();
  await picture(page, `what-if-${name}`);
}

async function buys(page, look, phone) {
  const [externalId, displayName] = look.asks[0];
  await page.goto(`${first}/shop/#order`);
  await page.locator(look.switchTo).click();
  await page.evaluate((who) => window.kefu("identify", who), claim(externalId, displayName));
  await page.locator(".launcher").click();
  await page.locator(".entry .body").getByText(look.last).waitFor({ timeout: patience });
  await picture(page, `${phone ? "phone" : "shop"}-${look.name}`);
}

for (const look of looks) {
  const options = { reducedMotion: "reduce", locale: look.locale, colorScheme: look.colorScheme, viewport: { width: 1280, height: 800 } };
  const { agent, buyers } = await withBrowser(options, (_, page) => desk(page, look));
  await withBrowser(options, (_, page) => leads(page, look));
  await withBrowser(options, (_, page) => buys(page, look, false));
  await withBrowser({ ...options, viewport: { width: 390, height: 780 } }, (_, page) => buys(page, look, true));
  for (const { body } of buyers) await agent.close(await agent.given(body));
  await agent.be("OFFLINE");
  agent.leave();
}
