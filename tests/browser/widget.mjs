// The buyer's widget in a real browser, on the demonstration shop and on a page of another origin, against real
// gateways; the agent is driven through the API.
//
//   node widget.mjs FOLDER_FOR_SCREENSHOTS
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium. Ends with the line "N passed, N failed".
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { OtherSite, Way } from "./elsewhere.mjs";
import { Agent, assert, call, check, finish, patience, until, withBrowser } from "./support.mjs";

const folder = process.argv[2];
const { KEFU_GATEWAY, KEFU_GATEWAY_2, KEFU_BIN, KEFU_DEMO_PASSWORD_FILE } = process.env;
const first = `http://${KEFU_GATEWAY}`;
const second = `http://${KEFU_GATEWAY_2}`;
const password = readFileSync(KEFU_DEMO_PASSWORD_FILE, "utf8").trim();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const hostile = '<img src=x onerror="document.title=1"><script>document.title=1</script> {{1+1}} ${1} javascript:alert(1)';
mkdirSync(folder, { recursive: true });

function kefuctl(...values) {
  return JSON.parse(execFileSync(join(KEFU_BIN, "kefuctl"), ["--json", ...values], { encoding: "utf8" }));
}

// A row of the conversation by its exact words.
function row(page, words) {
  return page.locator(".entry.words", { has: page.locator(".body").getByText(words, { exact: true }) });
}

async function shows(page, words) {
  await row(page, words).waitFor({ timeout: patience });
}

async function ticked(page, words, tick) {
  await page.locator(`.entry[data-tick="${tick}"]`).filter({ hasText: words }).waitFor({ timeout: patience });
}

async function says(page, words) {
  await page.locator(".standing, .link").getByText(words).first().waitFor({ timeout: patience });
}

async function write(page, words) {
  await page.locator("#message").fill(words);
  await page.locator("#message").press("Enter");
}

async function openPanel(page) {
  await page.locator(".launcher").click();
  await page.locator(".panel").waitFor({ timeout: patience });
}

// The words on the screen, in their order.
async function bodies(page) {
  return await page.locator(".entry .body").allTextContents();
}

// Nothing shows twice, nothing is missing, nothing overtook.
async function onceInOrder(page, expected) {
  const all = await bodies(page);
  const found = all.filter((body) => expected.includes(body));
  assert(JSON.stringify(found) === JSON.stringify(expected), `the conversation shows ${JSON.stringify(found)}`);
}

async function faultless(page) {
  await page.evaluate(axe);
  const faults = await page.evaluate(async () => {
    const { violations } = await window.axe.run({ include: [["kefu-widget"]] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
  assert(faults.length === 0, faults.join("; "));
}

async function picture(page, name) {
  await page.screenshot({ path: join(folder, `widget-${name}.png`) });
}

async function demoShop(context, page) {
  await check("the demonstration shop shows its products, and the widget asks nothing of the gateway", async () => {
    const asked = [];
    page.on("request", (request) => request.url().includes("kefu.gateway") && asked.push(request.url()));
    await page.goto(`${first}/shop/`);
    await page.getByRole("heading", { name: "蓝色马克杯" }).waitFor({ timeout: patience });
    await page.locator(".launcher").waitFor({ timeout: patience });
    await openPanel(page);
    await page.getByText("您好！有什么可以帮您？").waitFor({ timeout: patience });
    assert(asked.length === 0, `it asked ${asked.join()}`);
  });
  await picture(page, "start-zh");
  await check("the language follows the page at once", async () => {
    await page.locator("#en").click();
    await page.getByText("Hello! How can we help?").waitFor({ timeout: patience });
    await page.locator(".looking-at").getByText("Blue mug CN¥39.00").waitFor({ timeout: patience });
  });
  await check("and the buyer may choose another", async () => {
    await page.locator(".switch-language").click();
    await page.getByText("您好！有什么可以帮您？").waitFor({ timeout: patience });
  });
  const agent = await Agent.signIn(first, "demo", "agent2", password);
  await check("the page and the chosen topic reach the agent's side, and change with the page", async () => {
    await page.locator("nav").getByText("My order").click();
    await agent.be("ONLINE");
    await page.locator('[data-quick="track"]').click();
    const asked = "请帮我查一下快递 DEMO2015 到哪里了？";
    const { session } = await agent.given(asked);
    const { opening } = agent.session(session);
    assert(opening.category === "CATEGORY_LOGISTICS", JSON.stringify(opening));
    assert(opening.page.orderNumber === "D2005" && opening.page.trackingNumber === "DEMO2015", JSON.stringify(opening));
  });
  await check("what the services know is shown as cards", async () => {
    const held = await agent.given("请帮我查一下快递 DEMO2015 到哪里了？");
    await agent.say(held, { parcel: { carrier: "中通", trackingNumber: "DEMO2015", status: "派送中" } });
    await page.locator('[data-card="parcel"]').getByText("DEMO2015").waitFor({ timeout: patience });
    await agent.close(held);
    await says(page, "本次会话已结束");
    await agent.be("OFFLINE");
  });
  await check("light and dark, at a desk and on a phone, it has no serious fault of accessibility", async () => {
    for (const [colorScheme, width, height] of [["light", 1280, 800], ["dark", 1280, 800], ["light", 390, 780], ["dark", 390, 780]]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await faultless(page);
      await picture(page, `ended-${colorScheme}-${width}`);
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 800 });
  });
  agent.leave();
}

// A shop of its own whose page is on another origin, with one agent who has room for one session.
async function outside(site, way) {
  site.gateway = way.url;
  const { identityKeyId, identityKey } = kefuctl("shop", "create", "outside", "--name", "Outside", "--origin", site.url);
  site.shop = { shop: "outside", identityKeyId, identityKey };
  kefuctl("agent", "create", "--shop", "outside", "--login", "agent1", "--name", "小李", "--role", "agent", "--capacity", "20");
  return await Agent.signIn(second, "outside", "agent1", password);
}

async function guestAsks(body) {
  const { token } = await call(first, "AuthService/StartGuest", { shop: "outside" });
  await call(first, "BuyerService/OpenSession", { requestId: crypto.randomUUID(), content: { text: { body } } }, token);
}

async function anotherOrigin(page, site, way, agent) {
  await check("a page of another origin with a strict policy gets the widget, and one global name", async () => {
    await page.goto(site.url);
    await page.locator(".launcher").waitFor({ timeout: patience });
    const added = await page.evaluate(() => Object.getOwnPropertyNames(window).filter((name) => !window.namesBefore.includes(name)));
    assert(added.filter((name) => !/^(namesBefore|__playwright.*|\d+)$/.test(name)).join() === "kefu", `it adds ${added.join()}`);
  });
  await check("the page's style does not reach into it", async () => {
    const style = await page.locator(".launcher").evaluate((node) => {
      const { display, width, fontSize } = getComputedStyle(node);
      return `${display} ${width} ${fontSize} ${getComputedStyle(node.getRootNode().host).opacity}`;
    });
    assert(style === "grid 58px 20px 1", style);
  });
  await agent.be("ONLINE");
  // A wait is predicted from sessions that have ended.
  await guestAsks("I was the very first");
  await agent.close(await agent.given("I was the very first"));
  await guestAsks("I was first");
  const busyWith = await agent.given("I was first");
  await check("by keyboard alone a buyer asks, and is told the place and the expected wait", async () => {
    await page.locator("#search").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.type("还有绿茶吗？");
    await page.keyboard.press("Enter");
    await ticked(page, "还有绿茶吗？", "acknowledged");
    await says(page, "您是下一位");
    await says(page, "预计");
  });
  await picture(page, "queue-zh");
  await check("who does not want to wait any longer leaves the queue", async () => {
    await page.locator(".leave-queue").click();
    await says(page, "您已退出排队");
  });
  await check("asked again, the buyer is answered when the agent is free", async () => {
    await write(page, "我还是等等吧");
    await says(page, "正在为您排队");
    await agent.close(busyWith);
    await says(page, "小李 为您服务");
  });
  return await agent.given("我还是等等吧");
}

async function talk(page, agent, held) {
  await check("the buyer sees that the agent types, answers and has read", async () => {
    await agent.types(held);
    await page.getByText("小李 正在输入").waitFor({ timeout: patience });
    const { seq } = await agent.say(held, "有的，今天发货。");
    await shows(page, "有的，今天发货。");
    await agent.read(held, seq);
    await ticked(page, "我还是等等吧", "read");
  });
  await check("the agent sees that the buyer types and has read", async () => {
    await page.locator("#message").pressSequentially("好");
    await agent.told("typing", (notice) => notice.typing && notice.party === "KIND_BUYER");
    await agent.told("marks", (marks) => marks.party === "KIND_BUYER" && Number(marks.readSeq) > 0);
    await page.locator("#message").fill("");
  });
  await check("the page's product is sent as a card, an order comes as one", async () => {
    await page.getByRole("button", { name: "发送商品" }).click();
    const { content } = await agent.told("entry", (entry) => entry.content?.product);
    assert(content.product.price.minorUnits === "8850" && content.product.product === "tea-2", JSON.stringify(content));
    const total = { currency: "CNY", minorUnits: "17700" };
    await agent.say(held, { order: { orderNumber: "T-1", title: "绿茶 × 2", total, status: "已付款", url: "https://shop.example/o/1" } });
    const card = page.locator('[data-card="order"]');
    await card.getByText("¥177.00").waitFor({ timeout: patience });
    const link = card.locator("a");
    assert((await link.getAttribute("rel")).includes("noopener"), "the link may reach back");
    assert((await link.getAttribute("href")) === "https://shop.example/o/1", "the link leads elsewhere");
  });
  await picture(page, "served-zh");
  await check("markup, scripts and templates are shown as written and do nothing", async () => {
    await write(page, hostile);
    await agent.say(held, `${hostile} again`);
    await agent.say(held, { order: { orderNumber: "<b>1</b>{{1}}", title: hostile, status: "{{1+1}}", url: "https://shop.example/" } });
    await shows(page, hostile);
    await shows(page, `${hostile} again`);
    await page.locator(".card-title").getByText("<b>1</b>{{1}}").waitFor({ timeout: patience });
    assert((await page.locator("kefu-widget img, kefu-widget script").count()) === 0, "markup became elements");
    assert((await page.title()) === "Another shop", "it ran");
    assert((await page.locator('.log a[href^="javascript"]').count()) === 0, "it became a link");
  });
  await check("closed by Escape it gives the focus back, and counts what comes in the meantime", async () => {
    await page.locator("#message").focus();
    await page.keyboard.press("Escape");
    const focused = await page.locator(".launcher").evaluate((node) => node.getRootNode().activeElement === node);
    assert(focused, "the focus is lost");
    await agent.say(held, "您还在吗？");
    await page.locator(".badge").getByText("1", { exact: true }).waitFor({ timeout: patience });
    await picture(page, "unread");
    await openPanel(page);
    await page.locator(".badge").waitFor({ state: "hidden", timeout: patience });
  });
}

async function outages(page, context, way, agent, held) {
  await check("after a reload the conversation is there as it was, and open", async () => {
    const before = await bodies(page);
    await page.reload();
    await shows(page, "您还在吗？");
    assert(JSON.stringify(await bodies(page)) === JSON.stringify(before), "the conversation differs");
  });
  await check("what both sides write while the line is down arrives once and in order", async () => {
    await context.setOffline(true);
    await write(page, "断网一");
    await write(page, "断网二");
    await agent.say(held, "断网时客服说的");
    await page.locator('.entry[data-tick="sending"]').first().waitFor({ timeout: patience });
    await context.setOffline(false);
    await shows(page, "断网时客服说的");
    await agent.told("entry", (entry) => entry.content?.text?.body === "断网二");
    await ticked(page, "断网二", "acknowledged");
    await onceInOrder(page, ["断网时客服说的", "断网一", "断网二"]);
  });
  await check("a message whose acknowledgement was lost is stored once", async () => {
    let lost = 0;
    await page.route("**/*.BuyerService/SendMessage", async (route) => {
      await route.fetch();
      lost += 1;
      await (lost > 1 ? route.continue() : route.abort());
    });
    await write(page, "回执丢了");
    await ticked(page, "回执丢了", "acknowledged");
    await page.unroute("**/*.BuyerService/SendMessage");
    const told = agent.frames.filter((frame) => frame.entry?.content?.text?.body === "回执丢了");
    assert(told.length === 1 && lost > 0, `stored ${told.length} times, ${lost} lost`);
    await onceInOrder(page, ["回执丢了"]);
  });
  await check("what was not out yet when the page was left goes out from the next page, once", async () => {
    await page.route("**/kefu.gateway.v1.*/*", (route) => route.abort());
    await write(page, "刷新前写的");
    await page.locator('.entry[data-tick="sending"]').waitFor({ timeout: patience });
    await page.unroute("**/kefu.gateway.v1.*/*");
    await page.reload();
    await ticked(page, "刷新前写的", "acknowledged");
    await agent.told("entry", (entry) => entry.content?.text?.body === "刷新前写的");
    await onceInOrder(page, ["回执丢了", "刷新前写的"]);
  });
  await check("when its gateway is gone the conversation goes on over the other", async () => {
    way.lose();
    await write(page, "网关没了");
    await agent.say(held, "我还在");
    await says(page, "网络已断开");
    way.find(KEFU_GATEWAY_2);
    await shows(page, "我还在");
    await ticked(page, "网关没了", "acknowledged");
    await onceInOrder(page, ["刷新前写的", "我还在", "网关没了"]);
  });
  await check("a refused message says so, holds its place, and goes out when tried again", async () => {
    const refusal = { status: 400, contentType: "application/json", body: '{"code":"invalid_argument","message":"no"}' };
    await page.route("**/*.BuyerService/SendMessage", (route) => route.fulfill(refusal));
    await write(page, "请再试");
    await page.locator('.entry[data-tick="failed"]').getByText("请修改后重试").waitFor({ timeout: patience });
    await picture(page, "failed-zh");
    await page.unroute("**/*.BuyerService/SendMessage");
    await page.getByRole("button", { name: "重试" }).click();
    await ticked(page, "请再试", "acknowledged");
    await onceInOrder(page, ["请再试"]);
  });
}

async function afterwards(page, agent, held) {
  await check("a closed session is told, and rated with stars and a word, also after a reload", async () => {
    await agent.close(held);
    await says(page, "本次会话已结束");
    await page.reload();
    await page.locator('label[for="stars-4"]').click();
    await page.locator("#rating-comment").fill("挺好的");
    await picture(page, "rating-zh");
    await page.getByRole("button", { name: "提交评价" }).click();
    await says(page, "感谢您的评价：★★★★☆");
    await page.locator(".rating").waitFor({ state: "detached", timeout: patience });
    const { entries } = await call(second, "AgentService/ListMessages", { conversation: held.conversation }, agent.token);
    const given = entries.flatMap(({ content }) => content.rating ?? []);
    assert(JSON.stringify(given) === '[{"stars":4,"comment":"挺好的"}]', JSON.stringify(given));
  });
  await check("nobody there, a message can be left for later", async () => {
    await agent.be("OFFLINE");
    await page.locator('[data-quick="person"]').click();
    await says(page, "暂时无法预估等待时间");
    await page.locator(".leave-message").click();
    await page.locator("#leave-text").fill("请明天联系我");
    await page.locator("#leave-when").selectOption({ index: 1 });
    await picture(page, "leave-zh");
    await page.locator(".leave-form .primary").click();
    await says(page, "已收到您的留言");
    await shows(page, "请明天联系我");
  });
  await check("language, look and the panel obey the page's commands and the element's attributes", async () => {
    await page.evaluate(() => window.kefu("language", "en"));
    await says(page, "Your message is kept");
    await page.evaluate(() => document.querySelector("kefu-widget").setAttribute("theme", "dark"));
    await page.locator('.frame[data-theme="dark"]').waitFor({ state: "attached", timeout: patience });
    await picture(page, "kept-en-dark");
    await page.evaluate(() => window.kefu("close"));
    await page.locator(".panel").waitFor({ state: "hidden", timeout: patience });
  });
  await check("on a phone it covers the page and keeps the focus until it is closed", async () => {
    await page.setViewportSize({ width: 390, height: 780 });
    await openPanel(page);
    const box = await page.locator(".panel").boundingBox();
    assert(box.x === 0 && box.y === 0 && box.width === 390 && box.height === 780, JSON.stringify(box));
    for (let i = 0; i < 12; i += 1) {
      await page.keyboard.press(i < 6 ? "Tab" : "Shift+Tab");
      const within = await page.evaluate(() => document.activeElement?.localName);
      assert(within === "kefu-widget", `the focus is on ${within}`);
    }
    await faultless(page);
    await picture(page, "phone-en-dark");
    await page.setViewportSize({ width: 1280, height: 800 });
  });
}

async function known(site, agent) {
  await withBrowser({}, async (context, page) => {
    await check("a buyer proved by the shop's signature is known by name, also after a reload", async () => {
      await agent.be("ONLINE");
      await page.goto(`${site.url}/?known`);
      await openPanel(page);
      await write(page, "I am known");
      const held = await agent.given("I am known");
      const { buyerDisplayName } = agent.session(held.session);
      assert(buyerDisplayName === "王小明", `the agent sees ${buyerDisplayName}`);
      await page.reload();
      await shows(page, "I am known");
      await agent.close(held);
      assert(context.faults.length === 0, context.faults.join("; "));
    });
  });
}

async function withoutStorage(site, agent) {
  await withBrowser({}, async (context, page) => {
    await check("where the browser denies storage, the conversation lasts as long as the page", async () => {
      await context.addInitScript(() => {
        for (const name of ["localStorage", "sessionStorage"]) {
          Object.defineProperty(window, name, {
            get() {
              throw new DOMException("denied", "SecurityError");
            },
          });
        }
      });
      await page.goto(site.url);
      await openPanel(page);
      await write(page, "no storage");
      const held = await agent.given("no storage");
      await agent.say(held, "no matter");
      await shows(page, "no matter");
      await agent.close(held);
      assert(context.faults.length === 0, context.faults.join("; "));
    });
  });
}

const site = await OtherSite.start();
const way = await Way.to(KEFU_GATEWAY);
await withBrowser({}, async (context, page) => {
  await demoShop(context, page);
  const agent = await outside(site, way);
  const held = await anotherOrigin(page, site, way, agent);
  await talk(page, agent, held);
  await outages(page, context, way, agent, held);
  await afterwards(page, agent, held);
  await known(site, agent);
  await withoutStorage(site, agent);
  await check("no page's policy was broken and nothing was thrown", () => {
    assert(context.faults.length === 0, context.faults.join("; "));
  });
  agent.leave();
});
way.close();
site.close();
finish();
