// The whole story in a real browser, in both languages: a buyer asks, waits, is offered to an agent, accepted, shown an
// order, handed to a colleague with a note, gets an after-sales case, and rates.
//
//   node story.mjs FOLDER_FOR_SCREENSHOTS
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium. Ends with the line "N passed, N failed".
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { KEFU_DEMO_PASSWORD_FILE, be, claim, first, kefuctl, light, picture, signIn } from "./staff.mjs";
import { assert, check, finish, patience, withBrowser } from "./support.mjs";

const asAdmin = ["--login", "admin", "--password-file", KEFU_DEMO_PASSWORD_FILE];

const stories = [
  {
    locale: "zh-CN",
    switchTo: "#zh",
    buyer: { externalId: "buyer-3", displayName: "王小明" },
    order: "D1009",
    topic: "退换售后",
    asked: "收到的T恤太小了，想退货。",
    waits: "排队",
    online: "在线",
    offline: "离线",
    accept: "接 受",
    answer: "您好，我看一下订单。",
    sendCard: "发送给买家",
    transfer: "转 接",
    note: "买家要退 T 恤，请办理退货",
    openCase: "发起售后",
    reason: "尺码不合适",
    caseState: "已申请",
    close: "结 束",
    ended: "本次会话已结束",
    comment: "处理很快",
    rate: "提交评价",
    thanks: "感谢您的评价",
  },
  {
    locale: "en-US",
    switchTo: "#en",
    buyer: { externalId: "buyer-4", displayName: "Bea" },
    order: "D1010",
    topic: "Return or refund",
    asked: "The mug came with a crack. I would like to send it back.",
    waits: "queue",
    online: "Online",
    offline: "Offline",
    accept: "Accept",
    answer: "Hello, let me look at the order.",
    sendCard: "Send to the buyer",
    transfer: "Transfer",
    note: "A cracked mug; please open the case",
    openCase: "Open a case",
    reason: "does not work",
    caseState: "asked for",
    close: "Close",
    ended: "This conversation has ended",
    comment: "That was quick",
    rate: "Send rating",
    thanks: "Thank you",
  },
];

// The demonstration's routing, with offers instead of sessions given at once; returns how to put it back.
function withOffers(folder) {
  const routing = JSON.parse(readFileSync(new URL("../../deploy/dev/demo/routing.json", import.meta.url), "utf8"));
  const set = (groups) => {
    const file = join(folder, "story-routing.json");
    writeFileSync(file, JSON.stringify({ ...routing, etag: "", groups }));
    kefuctl(...asAdmin, "routing", "set", "--shop", "demo", file);
  };
  set(routing.groups.map((group) => ({ ...group, push: "PUSH_OFFER", offerTimeout: "60s" })));
  return () => set(routing.groups);
}

const said = (page, words) => page.locator(".entry .body").getByText(words, { exact: true }).first().waitFor({ timeout: patience });
const button = (scope, name) => scope.getByRole("button", { name, exact: true });

async function desk(page, login, { online }) {
  await page.setViewportSize({ width: 1440, height: 860 });
  await page.goto(`${first}/console/`);
  await signIn(page, login);
  await light(page, "live");
  return { online: () => be(page, online) };
}

async function told(story, shop, one, two) {
  const { locale, order } = story;
  const named = (what) => `${locale.slice(0, 2)}: ${what}`;
  const shoot = (page, step) => picture(page, `story-${locale.slice(0, 2)}-${step}`);
  await check(named("a buyer whom the shop knows chooses a topic and asks"), async () => {
    await shop.goto(`${first}/shop/#order`);
    await shop.locator(story.switchTo).click();
    await shop.evaluate((who) => window.kefu("identify", who), claim(story.buyer));
    await shop.locator(".launcher").click();
    await shop.locator(".chip").getByText(story.topic, { exact: true }).click();
    await shop.locator("#message").fill(story.asked);
    await shop.locator("#message").press("Enter");
    await shop.locator(".standing").getByText(story.waits).first().waitFor({ timeout: patience });
    await shoot(shop, "1-waits");
  });
  const agent = await desk(one, "agent1", story);
  await check(named("the buyer is offered to an agent who comes online, and accepted"), async () => {
    await agent.online();
    await one.locator(".offer").waitFor({ timeout: patience });
    await shoot(one, "2-offer");
    await button(one.locator(".offer"), story.accept).click();
    await said(one, story.asked);
    await one.locator("#composer").fill(story.answer);
    await one.locator("#composer").press("Enter");
    await said(shop, story.answer);
  });
  const orderBox = (page) => page.locator(".thing").filter({ has: page.locator("strong").getByText(order, { exact: true }) });
  await check(named("the order is beside the conversation, and goes to the buyer as a card"), async () => {
    await button(orderBox(one), story.sendCard).click();
    await shop.locator('[data-card="order"]').getByText(order).waitFor({ timeout: patience });
    await shoot(shop, "3-card");
  });
  const colleague = await desk(two, "agent2", story);
  await check(named("a colleague gets the session with a note, and sees everything that was said"), async () => {
    await colleague.online();
    await button(one.locator(".conversation-head"), story.transfer).click();
    const dialog = one.getByRole("dialog");
    await dialog.locator(".ant-select").click();
    await one.locator(".ant-select-item-option").filter({ hasText: "Agent 2" }).click();
    await dialog.locator("textarea").fill(story.note);
    await button(dialog, story.transfer).click();
    const mine = two.locator(".row").filter({ hasText: story.buyer.displayName });
    await two.locator(".offer").or(mine).first().waitFor({ timeout: patience });
    if ((await two.locator(".offer").count()) > 0) await button(two.locator(".offer"), story.accept).click();
    await mine.click();
    for (const words of [story.asked, story.answer, story.note]) await said(two, words);
    await two.locator('.card-title, [data-card="order"], .body').getByText(order).first().waitFor({ timeout: patience });
    await shoot(two, "4-handed-over");
  });
  await check(named("a case is opened for the order, and stands in its panel"), async () => {
    await button(orderBox(two), story.openCase).click();
    const dialog = two.getByRole("dialog");
    await dialog.locator(".ant-form-item").filter({ has: two.locator('label[for="reason"]') }).locator(".ant-select").click();
    await two.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option").filter({ hasText: story.reason }).click();
    await shoot(two, "5-case-form");
    await button(dialog.locator(".ant-modal-footer"), story.openCase).click();
    await two.locator(".thing").filter({ hasText: order }).getByText(story.caseState, { exact: true }).first().waitFor({ timeout: patience });
    await shoot(two, "6-case");
  });
  await check(named("closed, the buyer rates, and the staff reads it"), async () => {
    await button(two.locator(".conversation-head"), story.close).click();
    await shop.locator(".standing, .link").getByText(story.ended).first().waitFor({ timeout: patience });
    await shop.locator('label[for="stars-5"]').click();
    await shop.locator("#rating-comment").fill(story.comment);
    await shoot(shop, "7-rating");
    await button(shop, story.rate).click();
    await shop.locator(".standing, .link").getByText(story.thanks).first().waitFor({ timeout: patience });
    await two.locator(".entry").getByText(story.comment).waitFor({ timeout: patience });
    await shoot(two, "8-rated");
  });
  // Whoever comes next is for others.
  for (const page of [one, two]) await be(page, story.offline);
}

const restore = withOffers(process.argv[2]);
for (const story of stories) {
  const options = { reducedMotion: "reduce", locale: story.locale };
  await withBrowser(options, (buyers, shop) =>
    withBrowser(options, (ones, one) =>
      withBrowser(options, async (twos, two) => {
        await told(story, shop, one, two);
        await check(`${story.locale.slice(0, 2)}: no page's policy was broken and nothing was thrown`, () => {
          const faults = [buyers, ones, twos].flatMap(({ faults: found }) => found);
          assert(faults.length === 0, faults.join("; "));
        });
      }),
    ),
  );
}
restore();
finish();
