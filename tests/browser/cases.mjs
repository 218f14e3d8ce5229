// After-sales cases beside a conversation, in a real browser: every step of a return and of an exchange, a refusal, what
// is wrong at its field, a case that somebody else changed; and an order's contact, shown for a reason.
//
//   node cases.mjs FOLDER_FOR_SCREENSHOTS
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium. Ends with the line "N passed, N failed".
import { readFileSync } from "node:fs";

import { Guest, KEFU_DEMO_PASSWORD_FILE, be, dialog, faultless, first, kefuctl, light, picture, signIn } from "./staff.mjs";
import { assert, check, finish, patience, withBrowser } from "./support.mjs";

const asAdmin = ["--login", "admin", "--password-file", KEFU_DEMO_PASSWORD_FILE];
const boxOf = (page, order) => page.locator("[data-case]").filter({ hasText: order });

async function state(page, order, words) {
  await boxOf(page, order).locator("header .ant-tag").getByText(words, { exact: true }).waitFor({ timeout: patience });
}

// A click on one of the case's buttons, or on an entry behind them.
async function begin(page, order, step) {
  const box = boxOf(page, order);
  const button = box.getByRole("button", { name: step, exact: true });
  if ((await button.count()) > 0) return await button.click();
  await box.getByRole("button", { name: "更多操作" }).click();
  await page.getByRole("menuitem", { name: step, exact: true }).click();
}

async function confirm(page) {
  await dialog(page).locator(".ant-modal-footer .ant-btn").last().click();
}

async function does(page, order, step, fields = {}) {
  await begin(page, order, step);
  for (const [field, words] of Object.entries(fields)) await dialog(page).locator(`#${field}`).fill(words);
  await confirm(page);
  await dialog(page).waitFor({ state: "detached", timeout: patience });
}

async function atFault(page, words) {
  await dialog(page).locator(".ant-form-item-explain-error").getByText(words).first().waitFor({ timeout: patience });
}

// The buyer's conversation is opened, so that what they bought stands beside it.
async function talksTo(page, n) {
  const guest = await Guest.known({ externalId: `buyer-${n}`, displayName: `买家${n}号` }, "我的售后怎么样了？");
  await page.locator(`[data-session="${guest.session}"]`).click({ timeout: patience });
  await page.locator(".right .look .facts").first().waitFor({ timeout: patience });
}

async function asProgram(method, body) {
  const key = readFileSync(process.env.KEFU_DEMO_KEY_FILE, "utf8").trim();
  const answer = await fetch(`${first}/kefu.after_sales.v1.CaseService/${method}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  const json = await answer.json();
  assert(answer.ok, JSON.stringify(json));
  return json;
}

// As the payment provider's notice comes in.
async function settle(of) {
  const { refunds } = await asProgram("GetCase", { case: of });
  await asProgram("SettleRefund", { requestId: crypto.randomUUID(), case: of, refund: refunds.at(-1).refund, succeeded: true, reference: "P-1" });
}

async function returns(page) {
  await talksTo(page, 5);
  await check("a parcel that is none is refused at its field; then the return is on its way", async () => {
    await state(page, "D3004", "已同意，待退货");
    await boxOf(page, "D3004").getByText("自动变为").waitFor({ timeout: patience });
    await begin(page, "D3004", "登记退货单号");
    await dialog(page).locator("#carrier").fill("Not A Carrier!");
    await dialog(page).locator("#trackingNumber").fill("DEMO3004");
    await confirm(page);
    await atFault(page, "");
    await picture(page, "cases-refused-zh");
    await dialog(page).locator("#carrier").fill("shunfeng");
    await confirm(page);
    await state(page, "D3004", "退货途中");
    await boxOf(page, "D3004").getByText("shunfeng DEMO3004").waitFor({ timeout: patience });
  });
  await check("the goods come back, are inspected, and the money is ordered back; too much is refused at its field", async () => {
    await does(page, "D3004", "确认收到退货");
    await state(page, "D3004", "已收到退货");
    await does(page, "D3004", "验 货");
    await state(page, "D3004", "已验货");
    await begin(page, "D3004", "退 款");
    await dialog(page).locator("#amount").fill("99999");
    await confirm(page);
    await dialog(page).locator(".ant-form-item-explain-error, .ant-alert-error").first().waitFor({ timeout: patience });
    await dialog(page).locator("#amount").fill("");
    await confirm(page);
    await state(page, "D3004", "退款中");
    await faultless(page);
    assert((await page.locator(".entry").filter({ hasText: "退货途中" }).getByText("系统").count()) > 0, "a card that nobody wrote has a writer");
    await picture(page, "cases-refund-zh");
  });
  await check("when the payment provider has paid, the panel says so by itself", async () => {
    await settle(await boxOf(page, "D3004").getAttribute("data-case"));
    await state(page, "D3004", "已完成");
    await boxOf(page, "D3004").getByText("已退款").waitFor({ timeout: patience });
    assert((await boxOf(page, "D3004").getByRole("button").count()) === 0, "something may still be done");
  });
}

async function exchanges(page) {
  await talksTo(page, 6);
  await check("an exchange goes out and is completed", async () => {
    await state(page, "D3011", "待换货发出");
    await does(page, "D3011", "登记换货单号", { carrier: "shunfeng", trackingNumber: "DEMO3111" });
    await state(page, "D3011", "换货途中");
    await does(page, "D3011", "确认换货完成");
    await state(page, "D3011", "已完成");
  });
}

async function refuses(page) {
  await talksTo(page, 2);
  await check("more is asked for, comes, and the case is refused with words for the buyer", async () => {
    await state(page, "D3001", "已申请");
    await does(page, "D3001", "要求补充", { note: "请提供签收照片" });
    await state(page, "D3001", "待补充材料");
    await does(page, "D3001", "补充说明", { note: "买家来电说明" });
    await state(page, "D3001", "已申请");
    await begin(page, "D3001", "拒 绝");
    await confirm(page);
    await atFault(page, "请填写");
    await dialog(page).locator("#note").fill("物流显示本人签收");
    await confirm(page);
    await state(page, "D3001", "已拒绝");
    await boxOf(page, "D3001").getByText("物流显示本人签收").waitFor({ timeout: patience });
  });
}

async function meanwhile(page) {
  await talksTo(page, 3);
  await check("a case that somebody else changed meanwhile is not changed blindly, and shown anew", async () => {
    await state(page, "D3002", "待补充材料");
    await begin(page, "D3002", "补充说明");
    await dialog(page).locator("#note").fill("我来补充");
    const of = await boxOf(page, "D3002").getAttribute("data-case");
    await asProgram("AmendCase", { requestId: crypto.randomUUID(), case: of, note: "另一位同事补充" });
    await confirm(page);
    await dialog(page).locator(".ant-alert-error").first().waitFor({ timeout: patience });
    await dialog(page).locator(".ant-modal-footer .ant-btn").first().click();
    await state(page, "D3002", "已申请");
    await boxOf(page, "D3002").getByText("另一位同事补充").waitFor({ timeout: patience });
    assert((await boxOf(page, "D3002").getByText("我来补充").count()) === 0, "changed all the same");
  });
}

async function unmasks(page) {
  await check("an order's contact is shown for a reason, which stands in the audit log, and is hidden when one goes on", async () => {
    const box = page.locator(".thing").filter({ has: page.locator("strong").getByText("D1009", { exact: true }) });
    await box.getByRole("button", { name: "查看联系方式" }).click();
    await confirm(page);
    await atFault(page, "请填写");
    await dialog(page).locator("#purpose").fill("核对收货地址");
    await confirm(page);
    await box.getByText("+1 555 010 0003").waitFor({ timeout: patience });
    await faultless(page);
    await picture(page, "cases-contact-zh");
    const log = kefuctl("--json", ...asAdmin, "audit", "list", "--shop", "demo");
    assert(log.includes("UnmaskContact") && log.includes("核对收货地址"), "the audit log does not tell");
    await page.locator(".row.mine").filter({ hasText: "买家6号" }).click();
    await page.locator(".row.mine").filter({ hasText: "买家3号" }).click();
    await box.getByRole("button", { name: "查看联系方式" }).waitFor({ timeout: patience });
    assert((await box.getByText("+1 555 010 0003").count()) === 0, "still shown");
  });
}

await withBrowser({ reducedMotion: "reduce", viewport: { width: 1440, height: 900 } }, async (context, page) => {
  await page.goto(`${first}/console/`);
  await signIn(page, "agent1");
  await light(page, "live");
  await be(page, "在线");
  await returns(page);
  await exchanges(page);
  await refuses(page);
  await meanwhile(page);
  await unmasks(page);
  await check("in English and in the dark it reads as well", async () => {
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("button", { name: "Look" }).click();
    await page.getByRole("menuitem", { name: "Dark" }).click();
    await boxOf(page, "D3002").getByRole("button", { name: "Approve" }).waitFor({ timeout: patience });
    await faultless(page);
    await picture(page, "cases-en-dark");
  });
  await check("no page's policy was broken and nothing was thrown", () => assert(context.faults.length === 0, context.faults.join("; ")));
  await be(page, "Offline");
});
finish();
