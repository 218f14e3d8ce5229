// The desk with many sessions and with colleagues, in a real browser: several at once, flags, figures, groups, consults.
//
//   node desk.mjs FOLDER_FOR_SCREENSHOTS
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium. Ends with the line "N passed, N failed".
import { Guest, be, faultless, first, light, makeShop, password, picture, signIn } from "./staff.mjs";
import { Agent, assert, call, check, finish, patience, until, withBrowser } from "./support.mjs";

const shop = "desk";
const config = {
  groups: [
    { group: "all", displayName: "全部" },
    { group: "second", displayName: "二线" },
  ],
  defaultGroup: "all",
};
const row = (page, guest) => page.locator(`.row[data-session="${guest.session}"]`);

async function several(page) {
  let guests;
  await check("a row says that it is about an order, and that a VIP asks", async () => {
    const about = { page: { url: "https://shop.example/orders/1001", orderNumber: "1001" } };
    guests = [await Guest.asks("我的订单呢？", shop, about)];
    await row(page, guests[0]).locator('[title="订单 1001"]').waitFor({ timeout: patience });
  });
  await check("several are picked by mouse and keyboard, and go on hold at once", async () => {
    guests.push(await Guest.asks("第二位", shop), await Guest.asks("第三位", shop));
    for (const guest of guests) await row(page, guest).waitFor({ timeout: patience });
    await row(page, guests[0]).hover();
    await page.locator(".pickable").filter({ has: row(page, guests[0]) }).locator("input").check();
    await page.locator(".bulk").getByText("已选 1 个").waitFor({ timeout: patience });
    await page.locator(".bulk").getByRole("button", { name: "全 选" }).focus();
    await page.keyboard.press("Enter");
    await page.locator(".bulk").getByText("已选 3 个").waitFor({ timeout: patience });
    await picture(page, "desk-bulk");
    await faultless(page);
    await page.locator(".bulk").getByRole("button", { name: "暂 停" }).click();
    await page.getByText("已完成 3 个").waitFor({ timeout: patience });
    for (const guest of guests) await row(page, guest).getByText("已暂停").waitFor({ timeout: patience });
  });
  await check("closed at once, after a question", async () => {
    for (const guest of guests) await guest.say("还在吗？");
    for (const guest of guests) await row(page, guest).getByText("已暂停").waitFor({ state: "detached", timeout: patience });
    await row(page, guests[0]).hover();
    await page.locator(".pickable").filter({ has: row(page, guests[0]) }).locator("input").check();
    await page.locator(".bulk").getByRole("button", { name: "全 选" }).click();
    await page.locator(".bulk").getByRole("button", { name: "结 束" }).click();
    await page.locator(".ant-modal-confirm-title").getByText("结束 3 个会话？").waitFor({ timeout: patience });
    await page.getByRole("dialog").getByRole("button", { name: "结 束" }).click();
    await page.getByText("已完成 3 个").last().waitFor({ timeout: patience });
  });
}

async function standing(page) {
  await check("the longest wait of the queue is in the bar while somebody waits", async () => {
    await be(page, "挂起");
    const guest = await Guest.asks("有人接待吗？", shop);
    await page.locator(".queued time").getByText(/^最长 0:0\d$/).waitFor({ timeout: patience });
    await be(page, "在线");
    await row(page, guest).click();
    await page.locator(".queued time").waitFor({ state: "detached", timeout: patience });
    await page.locator("#composer").fill("在的。");
    await page.locator("#composer").press("Enter");
    await until("the answer", async () => (await guest.words()).includes("在的。"));
  });
  await check("my first response and 3-minute rate follow what I do", async () => {
    await page.locator(".my-figures").getByText(/首次响应 0:\d\d · 3 分钟响应率 100%/).waitFor({ timeout: 30_000 });
  });
}

async function colleagues(page, colleague) {
  await check("a session goes to another group, with a note", async () => {
    const guest = await Guest.asks("请转二线", shop);
    await row(page, guest).click();
    await page.getByRole("button", { name: "转 接" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.locator(".ant-select").click();
    await page.locator(".ant-select-item-option").filter({ hasText: "二线" }).click();
    await dialog.locator("textarea").fill("二线处理");
    await colleague.be("ONLINE");
    await dialog.getByRole("button", { name: "转 接" }).click();
    const entry = await colleague.told("entry", (one) => one.content?.note?.body === "二线处理");
    const given = await until("the session", () => colleague.session(entry.session));
    assert(given.group === "second", `in ${given.group}`);
  });
  await check("whoever is asked sees the conversation, answers aside, and lets go when it is over", async () => {
    const session = colleague.frames.flatMap(({ session: changed }) => (changed ? [changed.session] : [])).at(-1);
    const { token } = await call(first, "AuthService/SignIn", { shop, login: "agent2", password });
    const me = (await call(first, "AuthService/WhoAmI", {}, token)).subject;
    const { consult } = await colleague.call("StartConsult", { session: session.session, fence: session.fence, agent: me, question: "可以退吗？" });
    await page.getByText("同事向您求助").waitFor({ timeout: patience });
    await page.getByRole("button", { name: "查看会话" }).click();
    await page.locator(".entry .body").getByText("请转二线").waitFor({ timeout: patience });
    await page.locator(".consult input").fill("可以，七天内。");
    await page.locator(".consult input").press("Enter");
    await colleague.told("entry", (one) => JSON.stringify(one.content).includes("可以，七天内。"));
    await picture(page, "desk-consult");
    await faultless(page);
    await colleague.call("EndConsult", { session: session.session, consult: consult.consult });
    await page.getByText("同事向您求助").waitFor({ state: "detached", timeout: patience });
    await colleague.close(session);
  });
}

async function finds(page) {
  await check("an agent finds what was said in own sessions, and reads it in its place", async () => {
    await page.getByRole("link", { name: "搜索" }).click();
    await until("the records to have it", async () => {
      await page.getByRole("searchbox").fill("我的订单");
      await page.getByRole("searchbox").press("Enter");
      await page.locator("mark, .page > div .faint").first().waitFor({ timeout: patience });
      return (await page.locator("mark").count()) > 0;
    });
    await page.getByRole("button", { name: "查看" }).first().click();
    await page.locator(".reading .was-found").getByText("我的订单呢？").waitFor({ timeout: patience });
    await faultless(page);
    await page.getByRole("link", { name: "接待" }).click();
  });
}

makeShop(shop, 1000, config, process.argv[2]);
await withBrowser({ reducedMotion: "reduce" }, async (context, page) => {
  await page.setViewportSize({ width: 1440, height: 860 });
  await page.goto(`${first}/console/`);
  await signIn(page, "agent2", password, shop);
  await light(page, "live");
  await be(page, "在线");
  await several(page);
  await standing(page);
  await finds(page);
  const colleague = await Agent.signIn(first, shop, "agent1", password);
  await colleagues(page, colleague);
  await check("no page's policy was broken and nothing was thrown", () => {
    assert(context.faults.length === 0, context.faults.join("; "));
  });
  await colleague.be("OFFLINE");
  colleague.leave();
});
finish();
