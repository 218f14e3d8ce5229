// The agent console in a real browser, against real gateways; buyers and colleagues are driven through the API.
//
//   node console.mjs FOLDER_FOR_SCREENSHOTS
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium. Ends with the line "N passed, N failed".
import { Way } from "./elsewhere.mjs";
import {
  Guest,
  KEFU_GATEWAY,
  KEFU_GATEWAY_2,
  be,
  faultless,
  first,
  light,
  makeShop,
  password,
  picture as pictureOf,
  signIn,
} from "./staff.mjs";
import { Agent, assert, call, check, finish, patience, until, withBrowser } from "./support.mjs";

const folder = process.argv[2];
const hostile = '<img src=x onerror="document.title=1"><script>document.title=1</script> {{1+1}} ${1} javascript:alert(1)';

async function picture(page, name) {
  await pictureOf(page, `console-${name}`);
}

async function shows(page, words) {
  await page.locator(".entry .body").getByText(words, { exact: true }).first().waitFor({ timeout: patience });
}

async function write(page, words) {
  await page.locator("#composer").fill(words);
  await page.locator("#composer").press("Enter");
}

async function comesIn(page) {
  await check("a wrong password is refused in words, and the form has no serious fault of accessibility", async () => {
    await signIn(page, "agent2", "wrong");
    await page.getByText("账号或密码错误").waitFor({ timeout: patience });
    await faultless(page);
  });
  await check("who signs in sees the desk, connected", async () => {
    await signIn(page, "agent2");
    await light(page, "live");
    await page.getByText("暂无会话").waitFor({ timeout: patience });
  });
}

async function talks(page) {
  let guest;
  await check("online, a session comes with the buyer's words; the answer reaches the buyer", async () => {
    await be(page, "在线");
    guest = await Guest.asks("请问什么时候发货？");
    await page.locator(`[data-session="${guest.session}"]`).waitFor({ timeout: patience });
    await shows(page, "请问什么时候发货？");
    await write(page, "您好，今天发货。");
    await until("the answer", async () => (await guest.words()).includes("您好，今天发货。"));
    await page.locator(".tick").getByText("已发送").waitFor({ timeout: patience });
  });
  await check("a note is for the staff only", async () => {
    await page.locator(".composer .ant-segmented-item").filter({ hasText: "备注" }).click();
    await write(page, "老客户");
    await page.locator(".entry.note").getByText("老客户").waitFor({ timeout: patience });
    assert(!(await guest.words()).includes("老客户"), "the buyer sees the note");
    await page.locator(".composer .ant-segmented-item").filter({ hasText: "回复" }).click();
  });
  await check("markup, scripts and templates are shown as written and do nothing", async () => {
    const title = await page.title();
    await guest.say(hostile);
    await shows(page, hostile);
    assert((await page.title()) === title, "it ran");
    assert((await page.locator("main img, main script").count()) === 0, "markup became elements");
    assert((await page.locator('main a[href^="javascript"]').count()) === 0, "it became a link");
  });
  await check("what nobody has answered is counted and timed in the list", async () => {
    const other = await Guest.asks("有人吗？");
    const row = page.locator(`[data-session="${other.session}"]`);
    await row.locator("time").waitFor({ timeout: patience });
    await row.locator(".ant-badge").waitFor({ timeout: patience });
    await row.click();
    await shows(page, "有人吗？");
    await row.locator(".ant-badge").waitFor({ state: "detached", timeout: patience });
    await page.getByRole("button", { name: "结 束" }).click();
    await row.getByText("收尾中").waitFor({ timeout: patience });
    await page.getByRole("button", { name: "完成收尾" }).click();
    await page.locator(".conversation-head").getByText("已结束").waitFor({ timeout: patience });
  });
  await picture(page, "desk-zh");
  return guest;
}

async function manyTabs(context, page, guest) {
  await check("a second tab shows the same, and what is said in one stands in both", async () => {
    const second = await context.newPage();
    await second.goto(page.url());
    await second.locator(`[data-session="${guest.session}"]`).click();
    await shows(second, "您好，今天发货。");
    await write(second, "第二个窗口");
    await page.locator(`[data-session="${guest.session}"]`).click();
    await shows(page, "第二个窗口");
    await second.close();
  });
  await check("after a reload everything is there as it was", async () => {
    await page.reload();
    await light(page, "live");
    await page.locator(`[data-session="${guest.session}"]`).click();
    await shows(page, "您好，今天发货。");
    await shows(page, "第二个窗口");
  });
}

async function outage(page, way, guest) {
  await check("when its gateway is gone the desk goes on over the other, without a gap", async () => {
    way.lose();
    await light(page, "waiting");
    await guest.say("网关没了时说的");
    await write(page, "断线时写的");
    way.find(KEFU_GATEWAY_2);
    await shows(page, "网关没了时说的");
    await until("the answer", async () => (await guest.words()).includes("断线时写的"));
    const told = (await guest.words()).filter((body) => body === "断线时写的");
    assert(told.length === 1, `stored ${told.length} times`);
    await light(page, "live");
  });
}

async function handsOver(page, guest) {
  await check("on hold, and again", async () => {
    await page.getByRole("button", { name: "暂 停" }).click();
    await page.locator(".conversation-head").getByText("已暂停").waitFor({ timeout: patience });
    await page.getByRole("button", { name: "恢 复" }).click();
    await page.locator(".conversation-head").getByText("服务中").waitFor({ timeout: patience });
  });
  await check("why it came here is said in words", async () => {
    await page.locator(".conversation-head .actions > button").last().click();
    await page.getByRole("menuitem", { name: "分配原因" }).click();
    await page.getByText("可选客服").waitFor({ timeout: patience });
    await page.keyboard.press("Escape");
  });
  await check("a colleague gets it with a note, and the desk lets it go", async () => {
    const colleague = await Agent.signIn(first, "demo", "agent1", password);
    colleagues.push(colleague);
    await colleague.be("ONLINE");
    await page.getByRole("button", { name: "转 接" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.locator(".ant-select").click();
    await page.locator(".ant-select-item-option").nth(1).click();
    await dialog.locator("textarea").fill("请跟进发货");
    await dialog.getByRole("button", { name: "转 接" }).click();
    const given = await until("the colleague's session", () => colleague.session(guest.session));
    assert(given.state === "STATE_ACTIVE", JSON.stringify(given));
    await colleague.told("entry", (entry) => entry.content?.note?.body === "请跟进发货");
    await page.locator(".conversation-head").getByText("已结束").waitFor({ timeout: patience });
    await colleague.close({ ...given });
    await colleague.be("OFFLINE");
  });
}

async function keys(page) {
  await check("the palette and the sheet of keys open by keys, and a key answers", async () => {
    await page.locator(".nothing, .conversation-head").first().click();
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByText("下一个会话").waitFor({ timeout: patience });
    await faultless(page);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden", timeout: patience });
    await page.waitForFunction(() => document.activeElement === document.body, undefined, { timeout: patience });
    await page.keyboard.press("?");
    await page.getByRole("dialog").getByText("Ctrl+K").waitFor({ timeout: patience });
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden", timeout: patience });
  });
  await check("in English and in the dark it has no serious fault of accessibility either", async () => {
    const guest = await Guest.asks("Is it blue?");
    await page.locator(`[data-session="${guest.session}"]`).click();
    await shows(page, "Is it blue?");
    await faultless(page);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("button", { name: "Transfer" }).waitFor({ timeout: patience });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.locator(':root[data-theme="dark"]').waitFor({ state: "attached", timeout: patience });
    await faultless(page);
    await picture(page, "desk-en-dark");
    await page.locator("#composer").blur();
    await page.keyboard.press("e");
    await page.locator(".conversation-head").getByText("Wrap-up", { exact: true }).waitFor({ timeout: patience });
  });
}

async function leads() {
  await withBrowser({ reducedMotion: "reduce" }, async (context, page) => {
    await page.setViewportSize({ width: 1440, height: 860 });
    await page.goto(`${first}/console/`);
    const colleague = await Agent.signIn(first, "demo", "agent1", password);
    colleagues.push(colleague);
    await colleague.be("ONLINE");
    const guest = await Guest.asks("我要投诉");
    await colleague.given("我要投诉");
    await check("a supervisor reads along in a colleague's session, and whispers", async () => {
      await signIn(page, "supervisor");
      await light(page, "live");
      await page.locator(".left .ant-segmented-item").filter({ hasText: "全部" }).click();
      await page.locator(`[data-session="${guest.session}"]`).click();
      await shows(page, "我要投诉");
      await page.getByRole("button", { name: "悄悄话" }).click();
      await page.getByRole("dialog").locator("textarea").fill("先道歉");
      await page.getByRole("dialog").getByRole("button", { name: "发 送" }).click();
      await colleague.told("entry", (entry) => entry.content?.note?.whisper && entry.content.note.body === "先道歉");
      assert(!(await guest.words()).includes("先道歉"), "the buyer sees the whisper");
    });
    await picture(page, "supervisor-zh");
    await check("and takes it over", async () => {
      await page.getByRole("button", { name: "接 管" }).click();
      await page.locator(".conversation-head").getByText("服务中").waitFor({ timeout: patience });
      await write(page, "我是主管，非常抱歉。");
      await until("the supervisor's words", async () => (await guest.words()).includes("我是主管，非常抱歉。"));
    });
    await board(page, colleague);
    await colleague.be("OFFLINE");
    await check("no policy was broken on these pages and nothing was thrown", () => {
      assert(context.faults.length === 0, context.faults.join("; "));
    });
  });
}

async function board(page, colleague) {
  await check("the board tells at once who waits and why, and has no serious fault of accessibility", async () => {
    await be(page, "离线");
    await colleague.be("BREAK");
    await page.getByRole("link", { name: "看板" }).click();
    await page.locator("[data-agent]").filter({ hasText: "客服一号" }).getByText("小休").waitFor({ timeout: patience });
    const guest = await Guest.asks("有货吗？");
    const row = page.locator(`.queue [data-session="${guest.session}"]`);
    await row.getByText("没有可接待的客服在线").waitFor({ timeout: patience });
    await faultless(page);
    await picture(page, "board-zh");
  });
  await check("a supervisor sets an agent's state, and who waited is served", async () => {
    const card = page.locator("[data-agent]").filter({ hasText: "客服一号" });
    await card.locator(".presence").click();
    await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option").filter({ hasText: "在线" }).click();
    await colleague.close(await colleague.given("有货吗？"));
    await page.locator(".board").getByText("当前无人排队").waitFor({ timeout: patience });
  });
}

// A shop whose agents are offered their sessions.
const offering = { groups: [{ group: "all", displayName: "全部", push: "PUSH_OFFER", offerTimeout: "60s" }], defaultGroup: "all" };

async function isOffered() {
  makeShop("offering", 100, offering, folder);
  await withBrowser({ reducedMotion: "reduce" }, async (context, page) => {
    await page.goto(`${first}/console/`);
    await signIn(page, "agent2", password, "offering");
    await light(page, "live");
    await be(page, "在线");
    await check("an offer says why and for how long, and accepted the session is there", async () => {
      const guest = await Guest.asks("可以开发票吗？", "offering");
      await page.locator(".offer").getByText("秒").waitFor({ timeout: patience });
      await page.getByText("暂无会话").waitFor({ timeout: patience });
      await picture(page, "offer-zh");
      await faultless(page);
      await page.keyboard.press("a");
      await shows(page, "可以开发票吗？");
      await page.locator(".offer").waitFor({ state: "detached", timeout: patience });
      await write(page, "可以。");
      await until("the answer", async () => (await guest.words()).includes("可以。"));
    });
    await check("declined with a reason, it waits again", async () => {
      await Guest.asks("在吗？", "offering");
      await page.locator(".offer").getByRole("button", { name: "拒 绝" }).click();
      await page.getByRole("menuitem", { name: "暂时没空" }).click();
      await page.locator(".offer").waitFor({ state: "detached", timeout: patience });
      assert(context.faults.length === 0, context.faults.join("; "));
    });
  });
}

const colleagues = [];
const way = await Way.to(KEFU_GATEWAY);
await withBrowser({ reducedMotion: "reduce" }, async (context, page) => {
  await page.setViewportSize({ width: 1440, height: 860 });
  await page.goto(`${way.url}/console/`);
  await comesIn(page);
  const guest = await talks(page);
  await manyTabs(context, page, guest);
  await outage(page, way, guest);
  await handsOver(page, guest);
  await keys(page);
  await check("who signs out is offline, and signed out in every tab", async () => {
    await page.getByRole("button", { name: "客服二号" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.locator("#password").waitFor({ timeout: patience });
  });
  await check("no page's policy was broken and nothing was thrown", () => {
    assert(context.faults.length === 0, context.faults.join("; "));
  });
});
await leads();
await isOffered();
for (const colleague of colleagues) colleague.leave();
way.close();
finish();
