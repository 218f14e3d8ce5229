// The desk of the agent console in a real browser: what the top bar tells, lists and their flags, many sessions at once,
// transfer to groups, being asked by a colleague, a tab that comes back. Buyers and colleagues are driven through the API.
//
//   node desk.mjs FOLDER_FOR_SCREENSHOTS
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium. Ends with the line "N passed, N failed".
import { Guest, be, faultless, first, light, password, picture as pictureOf, signIn } from "./staff.mjs";
import { Agent, assert, call, check, finish, patience, until, withBrowser } from "./support.mjs";

const picture = (page, name) => pictureOf(page, `desk-${name}`);
const row = (page, { session }) => page.locator(`[data-session="${session}"]`);
const pickOf = (page, guest) => page.locator("li").filter({ has: row(page, guest) }).locator(".row-pick");

async function write(page, words) {
  await page.locator("#composer").fill(words);
  await page.locator("#composer").press("Enter");
}

async function shows(page, words) {
  await page.locator(".entry .body").getByText(words, { exact: true }).first().waitFor({ timeout: patience });
}

// Picks them, with something to press below the list.
async function pick(page, guests) {
  for (const guest of guests) {
    await row(page, guest).waitFor({ timeout: patience });
    await row(page, guest).hover();
    await pickOf(page, guest).check();
  }
}

async function press(page, name) {
  await page.locator(".bulk-actions").getByRole("button", { name }).click();
}

async function result(page, words) {
  await page.locator(".bulk-result").getByText(words).waitFor({ timeout: patience });
}

async function queue(page) {
  let guest;
  await check("the queue's longest wait is told, and counts by itself", async () => {
    guest = await Guest.asks("有人在吗？");
    const longest = page.locator(".queued time");
    await longest.waitFor({ timeout: patience });
    const then = await longest.textContent();
    await page.waitForFunction((before) => document.querySelector(".queued time")?.textContent !== before, then, { timeout: patience });
    await picture(page, "queue-zh");
  });
  await check("it is told no more when nobody waits", async () => {
    await be(page, "在线");
    await row(page, guest).waitFor({ timeout: patience });
    await page.locator(".queued time").waitFor({ state: "detached", timeout: patience });
  });
  return guest;
}

async function figures(page, guest) {
  await check("my figures of today come after I have answered, without a reload", async () => {
    await row(page, guest).click();
    await write(page, "在的，请讲。");
    await until("the answer", async () => (await guest.words()).includes("在的，请讲。"));
    await page.locator(".own-figures").getByText(/首响 \d+:\d\d/).waitFor({ timeout: 2 * patience });
    await page.locator(".own-figures").getByText("3 分钟 100%").waitFor({ timeout: patience });
  });
  await check("when records is away there is a dash that says so, and the desk goes on", async () => {
    const records = Number(process.env.KEFU_PID_RECORDS);
    process.kill(records, "SIGSTOP");
    try {
      await page.reload();
      await light(page, "live");
      await page.locator('.own-figures[title="暂时无法读取我的数据"]').getByText("首响 –").waitFor({ timeout: 2 * patience });
      await row(page, guest).click();
      await shows(page, "在的，请讲。");
    } finally {
      process.kill(records, "SIGCONT");
    }
  });
  await check("another service that is away is named, nothing false is said in its place, and asked again it is there", async () => {
    const orders = Number(process.env.KEFU_PID_ORDERS);
    const gap = page.locator(".right .ant-alert");
    process.kill(orders, "SIGSTOP");
    try {
      await page.reload();
      await light(page, "live");
      await row(page, guest).click();
      await gap.getByText("订单暂时无法读取，其余信息完整。").waitFor({ timeout: 2 * patience });
      await page.locator(".right").getByText("暂时无法读取。").waitFor({ timeout: patience });
      assert((await page.locator(".right").getByText("暂无订单。").count()) === 0, "it says that there are none");
      await faultless(page);
      await picture(page, "gap-zh");
    } finally {
      process.kill(orders, "SIGCONT");
    }
    await gap.getByRole("button", { name: "重 试" }).click();
    await page.locator(".right").getByText("暂无订单。").waitFor({ timeout: 2 * patience });
    assert((await gap.count()) === 0, "the gap is still named");
  });
  await check("when it is back the figures come with my next answer", async () => {
    await write(page, "稍等，我查一下。");
    await page.locator(".own-figures").getByText(/首响 \d+:\d\d/).waitFor({ timeout: 2 * patience });
  });
}

async function comesBack(page, guest) {
  await check("a tab that the browser shows again as it was hears what was said meanwhile, and keeps what was being written", async () => {
    await page.locator("#composer").fill("写了一半");
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
    await guest.say("您还在吗？");
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    await shows(page, "您还在吗？");
    assert((await page.locator("#composer").inputValue()) === "写了一半", "the draft is gone");
    await page.locator("#composer").fill("");
    await guest.say("我再问一句");
    await shows(page, "我再问一句");
  });
  await check("half a note is still a note after looking elsewhere", async () => {
    await page.locator(".composer .ant-segmented-item").filter({ hasText: "备注" }).click();
    await page.locator("#composer").fill("这位买家");
    await page.getByRole("link", { name: "搜索" }).click();
    await page.getByRole("searchbox").waitFor({ timeout: patience });
    await page.getByRole("link", { name: "接待" }).click();
    await row(page, guest).click();
    await page.locator(".composer.note").waitFor({ timeout: patience });
    assert((await page.locator("#composer").inputValue()) === "这位买家", "the draft is gone");
    await page.locator("#composer").fill("");
    await page.locator(".composer .ant-segmented-item").filter({ hasText: "回复" }).click();
  });
}

async function smallWindow(page, guest) {
  await check("in a small window what is known of the buyer comes when asked for, and goes again", async () => {
    const { width, height } = page.viewportSize();
    await page.setViewportSize({ width: 1000, height });
    await row(page, guest).click();
    const facts = page.locator(".right .facts").first();
    await facts.waitFor({ state: "hidden", timeout: patience });
    await page.locator(".look-toggle").click();
    await facts.waitFor({ timeout: patience });
    await faultless(page);
    await picture(page, "small-zh");
    await page.locator(".look-toggle").click();
    await facts.waitFor({ state: "hidden", timeout: patience });
    await page.setViewportSize({ width, height });
    await facts.waitFor({ timeout: patience });
  });
}

async function finds(page) {
  await check("an agent finds what was said in own sessions, and reads it in its place", async () => {
    await page.getByRole("link", { name: "搜索" }).click();
    await until("the records to have it", async () => {
      await page.getByRole("searchbox").fill("有人在吗");
      await page.getByRole("searchbox").press("Enter");
      await page.locator("mark, .page > div .faint").first().waitFor({ timeout: patience });
      return (await page.locator("mark").count()) > 0;
    });
    await page.getByRole("button", { name: "查看" }).first().click();
    await page.locator(".reading .was-found").getByText("有人在吗？").waitFor({ timeout: patience });
    await faultless(page);
    await picture(page, "search-zh");
    await page.getByRole("link", { name: "接待" }).click();
  });
}

async function flags(page) {
  await check("who asks about an order is flagged, with its number", async () => {
    const opening = { category: "CATEGORY_PRE_SALE", page: { url: "https://shop.example/orders/A-1001", orderNumber: "A-1001" } };
    const guest = await Guest.asks("这个订单怎么还没发货？", "demo", opening);
    await row(page, guest).locator('.ant-tag[title="咨询订单 A-1001"]').waitFor({ timeout: patience });
    const other = await Guest.asks("有优惠吗？");
    await row(page, other).waitFor({ timeout: patience });
    assert((await row(page, other).locator(".ant-tag").count()) === 0, "a flag on another one");
  });
  await check("whom the shop signs as a VIP is marked, in the row and beside the conversation", async () => {
    const guest = await Guest.known({ externalId: "buyer-vip", displayName: "贵宾", rank: "vip" }, "能加急吗？");
    await row(page, guest).locator(".ant-tag").getByText("VIP", { exact: true }).click({ timeout: patience });
    await page.locator(".right .facts").getByText("贵宾 · VIP").waitFor({ timeout: patience });
    await faultless(page);
    // A place for those who come next.
    await page.locator(".right .facts").first().click();
    await page.keyboard.press("Shift+E");
    await row(page, guest).getByText("收尾中").waitFor({ timeout: patience });
    assert(!(await page.locator(".conversation-head h2").innerText()).includes("贵宾"), "closed, and shown as the next one");
  });
}

async function manyAtOnce(page) {
  let guests;
  await check("several are put on hold at once", async () => {
    guests = [];
    for (const words of ["第一位", "第二位", "第三位"]) guests.push(await Guest.asks(words));
    await pick(page, guests.slice(0, 2));
    await faultless(page);
    await picture(page, "picked-zh");
    await press(page, "暂 停");
    await result(page, "已暂停 2 个");
    for (const guest of guests.slice(0, 2)) await row(page, guest).getByText("已暂停").waitFor({ timeout: patience });
    assert((await page.locator(".bulk-actions").count()) === 0, "still selected");
  });
  await check("keys work beside a selection, and all are selected at once", async () => {
    await page.getByRole("checkbox", { name: "全选" }).check();
    const all = await page.locator(".row-pick").count();
    await page.locator(".bulk").getByText(`已选 ${all} 个`).waitFor({ timeout: patience });
    await pickOf(page, guests[0]).focus();
    const before = await page.locator(".conversation-head h2").textContent();
    await page.keyboard.press("j");
    await page.waitForFunction((then) => document.querySelector(".conversation-head h2")?.textContent !== then, before, { timeout: patience });
    await press(page, "取消选择");
  });
  await check("closed after a question; who wrote meanwhile is not closed, and why is said", async () => {
    await pick(page, guests);
    await press(page, "结 束");
    const dialog = page.getByRole("dialog");
    await dialog.locator(".ant-modal-confirm-title").getByText("结束 3 个会话？").waitFor({ timeout: patience });
    await picture(page, "close-zh");
    await guests[2].say("等一下！");
    await row(page, guests[2]).getByText("等一下！").waitFor({ timeout: patience });
    await dialog.getByRole("button", { name: "结 束" }).click();
    await result(page, "已结束 2 个；1 个未成功：买家刚发来新消息，请查看后再结束。");
    await row(page, guests[2]).waitFor({ timeout: patience });
    for (const guest of guests.slice(0, 2)) await row(page, guest).getByText("收尾中").waitFor({ timeout: patience });
    await picture(page, "closed-zh");
  });
  await check("given to a colleague at once, with the note", async () => {
    const colleague = await Agent.signIn(first, "demo", "agent1", password);
    colleagues.push(colleague);
    await colleague.be("ONLINE");
    const given = [guests[2]];
    await be(page, "在线");
    await pick(page, given);
    await press(page, "转 接");
    const dialog = page.getByRole("dialog");
    await dialog.locator(".ant-select").click();
    await page.locator(".ant-select-item-option").filter({ hasText: "客服一号" }).click();
    await dialog.locator("textarea").fill("请接着处理");
    await dialog.getByRole("button", { name: "转 接" }).click();
    await result(page, "已转接 1 个");
    for (const guest of given) await until("the colleague's session", () => colleague.session(guest.session));
    await colleague.told("entry", (entry) => entry.content?.note?.body === "请接着处理");
    await colleague.be("BUSY");
  });
}

async function toGroup(page) {
  await check("a session is given to a group's queue", async () => {
    await be(page, "忙碌");
    const dialog = page.getByRole("dialog");
    const waiting = await Guest.asks("要退货", "demo", { category: "CATEGORY_AFTER_SALES" });
    await page.locator(".row.mine").first().click();
    const session = await page.locator('.row[aria-pressed="true"]').getAttribute("data-session");
    await page.locator(".conversation-head").getByRole("button", { name: "转 接" }).click();
    await dialog.locator(".ant-select").click();
    await page.locator(".ant-select-item-option").filter({ hasText: /^售后$/ }).click();
    await picture(page, "group-zh");
    await dialog.getByRole("button", { name: "转 接" }).click();
    await dialog.waitFor({ state: "hidden", timeout: patience });
    await page.locator(".left .ant-segmented-item").filter({ hasText: "排队" }).click();
    for (const one of [session, waiting.session]) {
      await page.locator(`[data-session="${one}"]`).getByText("售后").waitFor({ timeout: patience });
    }
    await page.locator(".left .ant-segmented-item").filter({ hasText: "我的" }).click();
  });
}

async function isAsked(page) {
  await check("a colleague who is asked reads the conversation and answers into the side thread", async () => {
    const [asker] = colleagues;
    await asker.be("ONLINE");
    const guest = await Guest.asks("这款能过安检吗？");
    const held = await asker.given("这款能过安检吗？");
    await asker.be("BUSY");
    const me = (await call(first, "AgentService/ListAgentStates", {}, asker.token)).agents.find(({ displayName }) => displayName.includes("客服二号"));
    await asker.call("StartConsult", { session: held.session, fence: held.fence, agent: me.agent, question: "你知道吗？" });
    const card = page.locator(".asked").filter({ hasText: "你知道吗？" });
    await card.click();
    await shows(page, "这款能过安检吗？");
    await shows(page, "你知道吗？");
    await guest.say("我明天要坐飞机");
    await shows(page, "我明天要坐飞机");
    await page.locator(".right .look .facts").first().waitFor({ timeout: patience });
    assert((await page.locator(".right .ant-alert").count()) === 0, "the right column is refused or has gaps");
    await page.locator(".consult input").fill("可以的，小于 100 毫升。");
    await page.locator(".consult input").press("Enter");
    await asker.told("entry", (entry) => entry.content?.note?.consult && entry.content.note.body === "可以的，小于 100 毫升。");
    assert(!(await guest.words()).includes("可以的，小于 100 毫升。"), "the buyer sees the side thread");
    await shows(page, "可以的，小于 100 毫升。");
    await faultless(page);
    await picture(page, "consult-zh");
  });
  await check("when it ends the conversation is not the colleague's to see any more", async () => {
    await page.getByRole("button", { name: "结束咨询" }).click();
    await page.locator(".asked").waitFor({ state: "detached", timeout: patience });
    await page.locator(".centre .entry").first().waitFor({ state: "detached", timeout: patience });
  });
}

async function inEnglish(page) {
  await check("in English and in the dark it has no serious fault of accessibility either", async () => {
    await be(page, "在线");
    // Room for new ones.
    await page.getByRole("checkbox", { name: "全选" }).check();
    await press(page, "结 束");
    await page.getByRole("dialog").getByRole("button", { name: "结 束" }).click();
    await result(page, /^已结束 \d+ 个$/);
    const guests = [await Guest.asks("Is it blue?"), await Guest.asks("Where is my parcel?", "demo", { page: { orderNumber: "A-1002" } })];
    await row(page, guests[1]).waitFor({ timeout: patience });
    await row(page, guests[0]).click();
    await page.getByRole("button", { name: "English" }).click();
    await page.emulateMedia({ colorScheme: "dark" });
    await page.locator(':root[data-theme="dark"]').waitFor({ state: "attached", timeout: patience });
    await pick(page, guests);
    await faultless(page);
    await picture(page, "picked-en-dark");
    await press(page, "Close");
    await page.locator(".ant-modal-confirm-title").getByText("Close 2 sessions?").waitFor({ timeout: patience });
    await picture(page, "close-en-dark");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  });
}

async function supervises() {
  await withBrowser({ reducedMotion: "reduce" }, async (context, page) => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(`${first}/console/`);
    await signIn(page, "supervisor");
    await light(page, "live");
    await check("a supervisor sees the groups by name, and how they stand", async () => {
      await be(page, "在线");
      await Guest.asks("找主管");
      await page.locator(".row.mine").first().click();
      await page.locator(".conversation-head").getByRole("button", { name: "转 接" }).click();
      await page.getByRole("dialog").locator(".ant-select").click();
      // Its own group is not among them.
      await page.locator(".ant-select-item-option").filter({ hasText: /^(订单|物流) · 排队 \d+，在线 \d+$/ }).first().waitFor({ timeout: patience });
      await picture(page, "groups-zh");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").getByRole("button", { name: "取 消" }).click();
      await page.getByRole("dialog").waitFor({ state: "hidden", timeout: patience });
      await page.getByRole("button", { name: "English" }).click();
      await picture(page, "supervisor-en");
    });
    await check("no policy was broken on these pages and nothing was thrown", () => {
      assert(context.faults.length === 0, context.faults.join("; "));
    });
  });
}

const colleagues = [];
await withBrowser({ reducedMotion: "reduce" }, async (context, page) => {
  await page.setViewportSize({ width: 1440, height: 860 });
  await page.goto(`${first}/console/`);
  await signIn(page, "agent2");
  await light(page, "live");
  const guest = await queue(page);
  await figures(page, guest);
  await comesBack(page, guest);
  await smallWindow(page, guest);
  await finds(page);
  await flags(page);
  await manyAtOnce(page);
  await toGroup(page);
  await isAsked(page);
  await inEnglish(page);
  await be(page, /离线|Offline/);
  await check("no page's policy was broken and nothing was thrown", () => {
    assert(context.faults.length === 0, context.faults.join("; "));
  });
});
for (const colleague of colleagues) await colleague.be("OFFLINE");
await supervises();
for (const colleague of colleagues) colleague.leave();
finish();
