// The administration pages in a real browser, from the operator's key to a group that takes effect.
//
//   node admin.mjs FOLDER_FOR_SCREENSHOTS
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium. Ends with the line "N passed, N failed".
import { readFileSync } from "node:fs";

import { Guest, KEFU_OPERATOR_KEY_FILE, dialog, faultless, first, picture, signIn } from "./staff.mjs";
import { assert, call, check, finish, patience, until, withBrowser } from "./support.mjs";

const newPassword = "correct horse battery";

const button = (page, name) => page.getByRole("button", { name, exact: true });

async function section(page, path, title) {
  await page.goto(`${first}/console/#/admin/${path}`);
  await page.locator(".page-head h2").getByText(title, { exact: true }).waitFor({ timeout: patience });
}

// The ways of Ant Design's lists of choices.
async function choose(page, field, option) {
  await field.click();
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option").filter({ hasText: option }).first().click();
}

async function copied(page) {
  const secret = await dialog(page).locator(".secret").last().innerText();
  await dialog(page).getByRole("button", { name: "已保存" }).click();
  return secret.trim();
}

async function operates(page) {
  await check("a key that does not count is refused in words", async () => {
    await page.goto(`${first}/console/#/operator`);
    await page.locator("#key").fill("k0.nonsense");
    await page.locator("#key").press("Enter");
    await page.getByRole("alert").first().waitFor({ timeout: patience });
    await page.getByRole("button", { name: "退 出" }).click();
  });
  await check("the operator makes a shop; what the API refuses stands at its field", async () => {
    await page.locator("#key").fill(readFileSync(KEFU_OPERATOR_KEY_FILE, "utf8").trim());
    await page.locator("#key").press("Enter");
    await page.getByText("新建店铺").first().click();
    await dialog(page).locator("#shop").fill("Not A Shop");
    await dialog(page).locator("#displayName").fill("茶叶店");
    await dialog(page).getByRole("button", { name: "创 建" }).click();
    await dialog(page).locator(".ant-form-item-explain-error").getByText("a-z").waitFor({ timeout: patience });
    await picture(page, "operator-refused");
    await dialog(page).locator("#shop").fill("tea");
    await dialog(page).getByRole("button", { name: "创 建" }).click();
    assert((await copied(page)).length >= 32, "no identity key");
    await page.getByRole("cell", { name: "tea", exact: true }).waitFor({ timeout: patience });
    await faultless(page);
  });
  await check("a person, and the person as the shop's administrator", async () => {
    await page.getByRole("button", { name: "新建账号" }).click();
    await dialog(page).locator("#login").fill("tea.boss");
    await dialog(page).locator("#displayName").fill("Boss");
    await dialog(page).locator("#password").fill("short");
    await dialog(page).getByRole("button", { name: "创 建" }).click();
    await dialog(page).locator(".ant-form-item-explain-error").first().waitFor({ timeout: patience });
    await dialog(page).locator("#password").fill(newPassword);
    await dialog(page).getByRole("button", { name: "创 建" }).click();
    await page.getByRole("button", { name: "为店铺指定管理员" }).click();
    await choose(page, dialog(page).locator(".ant-select").first(), "(tea)");
    await dialog(page).getByRole("button", { name: "保 存" }).click();
    await page.getByText("完成，请用 tea.boss 登录。").waitFor({ timeout: patience });
    await picture(page, "operator");
    await page.getByRole("button", { name: "前往登录" }).click();
  });
}

async function staffs(page) {
  await check("the new administrator signs in and is where administrators work", async () => {
    await signIn(page, "tea.boss", newPassword, "tea");
    await page.getByRole("link", { name: "管理", exact: true }).click();
    await page.locator(".page-head h2").getByText("人员", { exact: true }).waitFor({ timeout: patience });
  });
  await check("an unknown login is refused in words; a known one becomes an agent", async () => {
    await page.getByRole("button", { name: "新增客服" }).click();
    await dialog(page).locator("#login").fill("nobody.there");
    await dialog(page).locator("#displayName").fill("一号");
    await dialog(page).getByRole("button", { name: "创 建" }).click();
    await dialog(page).getByText("账号不存在").waitFor({ timeout: patience });
    await dialog(page).locator("#login").fill("agent1");
    await dialog(page).getByRole("button", { name: "创 建" }).click();
    await page.getByRole("cell", { name: "一号", exact: true }).waitFor({ timeout: patience });
  });
  await check("a program, its key with scopes: shown once, works, and is refused once revoked", async () => {
    await page.getByRole("button", { name: "新增客服" }).click();
    await dialog(page).getByText("程序", { exact: true }).click();
    await dialog(page).locator("#displayName").fill("机器人");
    await dialog(page).getByRole("button", { name: "创 建" }).click();
    await page.getByRole("cell", { name: "机器人", exact: true }).waitFor({ timeout: patience });
    await faultless(page);
    await section(page, "keys", "API 密钥");
    await page.getByRole("button", { name: "新建密钥" }).click();
    await dialog(page).locator("#displayName").fill("机器人密钥");
    await choose(page, dialog(page).locator(".ant-select").first(), "机器人");
    await choose(page, dialog(page).locator(".ant-select").last(), "接待会话");
    await page.keyboard.press("Escape");
    await dialog(page).getByRole("button", { name: "创 建" }).click();
    const secret = await copied(page);
    assert((await call(first, "AuthService/WhoAmI", {}, secret)).role === "ROLE_AGENT", "the key is nobody");
    await page.getByRole("button", { name: "吊销 机器人密钥" }).click();
    await page.locator(".ant-modal-confirm").getByRole("button", { name: "吊 销" }).click();
    await page.getByText("已吊销").waitFor({ timeout: patience });
    await until("the key is refused", () => call(first, "AuthService/WhoAmI", {}, secret).then(() => false, () => true));
  });
}

async function routes(page) {
  const field = (path) => page.locator(`[data-path="${path}"]`);
  await check("a group is made; what is wrong stands at its field while one writes", async () => {
    await section(page, "groups", "技能组与路由");
    await button(page, "添加技能组").click();
    await field("groups").getByRole("button", { name: "技能组 2", exact: true }).click();
    await field("groups[1].group").locator("input").fill("Not An Id");
    await field("groups[1].group").getByRole("alert").waitFor({ timeout: patience });
    await picture(page, "groups-refused");
    await field("groups[1].group").locator("input").fill("green");
    await field("groups[1].display_name").locator("input").fill("绿茶组");
    await field("groups[1].group").getByRole("alert").waitFor({ state: "detached", timeout: patience });
  });
  await check("a cycle in the overflow chain is refused at the step that closes it", async () => {
    await field("groups[1].relaxation").getByRole("button", { name: "添加步骤" }).click();
    await field("groups[1].relaxation").getByRole("button", { name: "步骤 1", exact: true }).click();
    await field("groups[1].relaxation[0].after").locator("input").fill("60");
    await choose(page, field("groups[1].relaxation[0].step").locator(".ant-select").first(), "溢出到技能组");
    await choose(page, field("groups[1].relaxation[0].overflow_group").locator(".ant-select"), "绿茶组");
    await field("groups[1].relaxation[0].overflow_group").getByRole("alert").waitFor({ timeout: patience });
    await picture(page, "groups-cycle");
    await faultless(page);
    await field("groups[1].relaxation").getByRole("button", { name: /^移除/ }).first().click();
    await field("groups[1].relaxation[0].overflow_group").waitFor({ state: "detached", timeout: patience });
  });
  await check("saved, it takes effect: the next buyer comes to the new group", async () => {
    await choose(page, field("default_group").locator(".ant-select"), "绿茶组");
    await page.getByText(/绿茶组: 可服务人数/).waitFor({ timeout: patience });
    await button(page, "保 存").click();
    await page.getByText("已保存。").waitFor({ timeout: patience });
    const { token } = await call(first, "AuthService/SignIn", { shop: "tea", login: "tea.boss", password: newPassword });
    await until("it is in force", async () => (await call(first, "RoutingConfigService/GetRoutingConfig", {}, token)).inForce);
    await Guest.asks("有龙井吗？", "tea");
    const board = await until("the group waits", async () => {
      const { groups } = await call(first, "BoardService/GetBoard", {}, token);
      return groups.find(({ group, waiting }) => group === "green" && waiting === 1);
    });
    assert(board.displayName === "绿茶组", JSON.stringify(board));
    await picture(page, "groups");
  });
  await check("of two who change it at once, the later one is told and decides", async () => {
    const { token } = await call(first, "AuthService/SignIn", { shop: "tea", login: "tea.boss", password: newPassword });
    const { config } = await call(first, "RoutingConfigService/GetRoutingConfig", {}, token);
    config.groups[1].queueCap = 7;
    await call(first, "RoutingConfigService/SetRoutingConfig", { requestId: crypto.randomUUID(), config }, token);
    await field("groups").getByRole("button", { name: "绿茶组", exact: true }).click();
    await field("groups[1].display_name").locator("input").fill("绿茶");
    await until("it may be saved", () => button(page, "保 存").isEnabled());
    await button(page, "保 存").click();
    await page.getByText("内容已被他人修改。").waitFor({ timeout: patience });
    await page.getByRole("button", { name: "用我的覆盖" }).click();
    await page.getByText("已保存。").first().waitFor({ timeout: patience });
    const after = await until("mine", async () => {
      const read = await call(first, "RoutingConfigService/GetRoutingConfig", {}, token);
      return read.config.groups[1].displayName === "绿茶" ? read.config : undefined;
    });
    assert(after.groups[1].queueCap === undefined, "theirs is still there");
  });
}

async function keepsTheShop(page) {
  await check("an origin that is none is refused at the field, a proper one saved", async () => {
    await section(page, "shop", "店铺");
    const origins = page.locator("#origins");
    await origins.fill("tea.example/");
    await origins.press("Enter");
    await button(page, "保 存").click();
    await page.locator(".ant-form-item-explain-error").getByText("https://shop.example").waitFor({ timeout: patience });
    await picture(page, "shop-refused");
    await origins.press("Backspace");
    await origins.fill("https://tea.example");
    await origins.press("Enter");
    await button(page, "保 存").click();
    await page.getByText("已保存。").first().waitFor({ timeout: patience });
    await faultless(page);
  });
  await check("forgetting a buyer wants the id twice", async () => {
    await button(page, "清除买家数据").click();
    await dialog(page).locator("#buyer").fill("b_1");
    await dialog(page).locator("#again").fill("b_2");
    await dialog(page).getByRole("button", { name: "清 除" }).click();
    await dialog(page).getByText("两次输入不一致").waitFor({ timeout: patience });
    await dialog(page).getByRole("button", { name: "取 消" }).click();
  });
  await check("a webhook's address and secret are shown once", async () => {
    await section(page, "webhooks", "Webhook");
    await page.getByRole("button", { name: "新建 Webhook" }).click();
    await dialog(page).locator("#displayName").fill("AfterShip");
    await dialog(page).getByRole("button", { name: "创 建" }).click();
    assert((await copied(page)).length > 4, "no secret");
    await page.getByRole("cell", { name: "AfterShip", exact: true }).waitFor({ timeout: patience });
  });
  await check("the audit log has it all, unbroken, and can be searched", async () => {
    await section(page, "audit", "审计日志");
    await page.getByText(/链完整/).waitFor({ timeout: patience });
    await page.getByRole("searchbox").fill("SetRoutingConfig");
    await until("the acts", async () => (await page.getByRole("cell", { name: /SetRoutingConfig/ }).count()) >= 3);
    await page.getByRole("button", { name: /^详情/ }).first().click();
    await page.locator("pre").getByText("绿茶").first().waitFor({ timeout: patience });
    await picture(page, "audit");
    await faultless(page);
  });
  await check("in English at once, and on a narrow screen", async () => {
    await page.getByRole("button", { name: "English" }).click();
    await page.locator(".page-head h2").getByText("Audit log", { exact: true }).waitFor({ timeout: patience });
    await page.setViewportSize({ width: 480, height: 860 });
    await page.goto(`${first}/console/#/admin/groups`);
    await page.locator(".page-head h2").getByText("Groups and routing").waitFor({ timeout: patience });
    await page.locator(".document").waitFor({ timeout: patience });
    await picture(page, "groups-narrow-en");
    await faultless(page);
  });
}

await withBrowser({ reducedMotion: "reduce" }, async (context, page) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await operates(page);
  await staffs(page);
  await routes(page);
  await keepsTheShop(page);
  await check("no page's policy was broken and nothing was thrown", () => {
    assert(context.faults.length === 0, context.faults.join("; "));
  });
});
finish();
