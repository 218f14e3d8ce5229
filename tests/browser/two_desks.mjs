// Two desks on one session, and a desk whose gateway is killed in mid-conversation and started again, in real browsers.
//
//   node two_desks.mjs FOLDER_FOR_SCREENSHOTS
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium. Ends with the line "N passed, N failed".
import { Killable } from "./killable.mjs";
import { Guest, be, faultless, first, light, makeShop, password, picture, signIn } from "./staff.mjs";
import { assert, check, finish, patience, until, withBrowser } from "./support.mjs";

const shop = "pair";
const config = { groups: [{ group: "all", displayName: "全部" }], defaultGroup: "all" };
const row = (page, guest) => page.locator(`[data-session="${guest.session}"]`);
const said = (page, words) => page.locator(".entry .body").getByText(words, { exact: true });

async function shows(page, words) {
  await said(page, words).first().waitFor({ timeout: patience });
}

async function write(page, words) {
  await page.locator("#composer").fill(words);
  await page.locator("#composer").press("Enter");
}

async function times(guest, words) {
  return (await guest.words()).filter((body) => body === words).length;
}

async function desk(page, url, login) {
  await page.setViewportSize({ width: 1440, height: 860 });
  await page.goto(`${url}/console/`);
  await signIn(page, login, password, shop);
  await light(page, "live");
}

async function oneSession(one, two) {
  const guest = await Guest.asks("可以便宜一点吗？", shop);
  await check("of two desks on one session only the owner's writes, and a draft outlives the loss", async () => {
    await row(one, guest).click();
    await shows(one, "可以便宜一点吗？");
    await write(one, "我问一下主管。");
    await one.evaluate(() => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File(["x"], "x.png", { type: "image/png" }));
      document.querySelector("#composer").dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    });
    await one.getByText("暂不支持发送图片").waitFor({ timeout: patience });
    await one.locator("#composer").fill("还没写完的话");
    await two.locator(".left .ant-segmented-item").filter({ hasText: "全部" }).click();
    await row(two, guest).click();
    await shows(two, "我问一下主管。");
    await two.getByRole("button", { name: "悄悄话" }).click();
    await two.getByRole("dialog").locator("textarea").fill("可以打九五折");
    await two.getByRole("dialog").getByRole("button", { name: "发 送" }).click();
    await one.locator(".centre").getByText("也在此会话中").waitFor({ timeout: patience });
    await two.getByRole("button", { name: "接 管" }).click();
    await write(two, "可以打九五折。");
    await one.locator(".conversation-head").getByText("已结束").waitFor({ timeout: patience });
    assert((await one.locator("#composer").count()) === 0, "the former owner may still write");
    await until("the supervisor's words", async () => (await times(guest, "可以打九五折。")) === 1);
    assert((await times(guest, "还没写完的话")) === 0, "a draft went out");
    await picture(one, "two-desks-lost");
  });
  await check("given back, the first desk has all that was said, and is told who wrote in between", async () => {
    await two.getByRole("button", { name: "转 接" }).click();
    const dialog = two.getByRole("dialog");
    await dialog.locator(".ant-select").click();
    await two.locator(".ant-select-item-option").filter({ hasText: "agent2" }).click();
    await dialog.getByRole("button", { name: "转 接" }).click();
    await row(one, guest).click();
    await shows(one, "可以打九五折。");
    await write(one, "已为您改价。");
    await until("the answer", async () => (await times(guest, "已为您改价。")) === 1);
    const order = (await guest.words()).filter((body) => /九五折|改价/.test(body));
    assert(order.join() === "可以打九五折。,已为您改价。", order.join());
    await faultless(one);
  });
}

async function killed(page, gateway) {
  await check("a killed gateway loses nothing of the desk, which goes on when it is back", async () => {
    const guest = await Guest.asks("支持花呗吗？", shop);
    await row(page, guest).click();
    await shows(page, "支持花呗吗？");
    await write(page, "支持的。");
    await until("the answer", async () => (await times(guest, "支持的。")) === 1);
    await gateway.kill();
    await light(page, "waiting");
    await guest.say("那分三期呢？");
    await write(page, "三期也可以。");
    await gateway.start();
    await light(page, "live");
    await shows(page, "那分三期呢？");
    await until("the words that were written meanwhile", async () => (await times(guest, "三期也可以。")) > 0);
    assert((await times(guest, "三期也可以。")) === 1, "stored more than once");
    for (const words of ["支持花呗吗？", "支持的。", "那分三期呢？", "三期也可以。"]) {
      await shows(page, words);
      assert((await said(page, words).count()) === 1, `${words} is shown ${await said(page, words).count()} times`);
    }
  });
}

makeShop(shop, 1000, config, process.argv[2], [["supervisor", "supervisor"]]);
const gateway = await Killable.beside();
const options = { reducedMotion: "reduce" };
await withBrowser(options, (ones, one) =>
  withBrowser(options, async (twos, two) => {
    await desk(one, gateway.url, "agent2");
    await be(one, "在线");
    await desk(two, first, "supervisor");
    await oneSession(one, two);
    await killed(one, gateway);
    await check("no page's policy was broken and nothing was thrown", () => {
      const faults = [...ones.faults, ...twos.faults];
      assert(faults.length === 0, faults.join("; "));
    });
  }),
);
await gateway.end();
finish();
