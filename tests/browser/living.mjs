// The living demonstration in a real browser: the address that up.sh prints, its people who sign in by a click, and the
// buyers who are played.
//
//   node living.mjs FOLDER_FOR_SCREENSHOTS
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium. Ends with the line "N passed, N failed".
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Killable } from "./killable.mjs";
import { be, faultless, light, password, picture } from "./staff.mjs";
import { assert, check, finish, patience, withBrowser } from "./support.mjs";

const demo = new URL("../../deploy/dev/demo/", import.meta.url);
const chats = JSON.parse(readFileSync(new URL("chats.json", demo), "utf8"));
// The player begins with the first one; a buyer takes seconds to write.
const [chat] = chats;
const writing = 30_000;

// `buyers` at a time, at these gateways.
function player(gateway, buyers) {
  const env = { ...process.env, KEFU_GATEWAY: gateway, KEFU_GATEWAY_2: gateway, KEFU_DEMO_SHOP: "demo", KEFU_DEMO_BUYERS: String(buyers) };
  return spawn(process.execPath, [fileURLToPath(new URL("play.mjs", demo))], { env, stdio: "ignore" });
}

async function stop(process) {
  const ended = once(process, "exit");
  process.kill("SIGTERM");
  const [code] = await ended;
  return code;
}

const said = (page, words) => page.locator(".entry .body").getByText(words, { exact: true });
const demoPeople = (page) => page.locator(".demo-people button");
const person = (page, login) => demoPeople(page).getByText(login, { exact: true });

async function write(page, words) {
  await page.locator("#composer").fill(words);
  await page.locator("#composer").press("Enter");
}

async function peopleComeInByAClick(page) {
  await check("the printed address offers the shop's people and keeps no password in sight", async () => {
    await page.goto(process.env.KEFU_DEMO_CONSOLE);
    await person(page, "agent1").waitFor({ timeout: patience });
    assert((await demoPeople(page).count()) === 4, `${await demoPeople(page).count()} people`);
    assert(!page.url().includes(password) && !(await page.content()).includes(password), "the password is in sight");
    await picture(page, "living-sign-in");
  });
  await check("a click signs in, and after signing out another one", async () => {
    await person(page, "supervisor").click();
    await light(page, "live");
    await page.locator(".settings").getByText("主管").click();
    await page.getByRole("menuitem", { name: "退出登录" }).click();
    await person(page, "agent1").click();
    await light(page, "live");
    await page.reload();
    await light(page, "live");
  });
}

async function buyersArePlayed(page, gateway) {
  const playing = player(new URL(gateway.url).host, 1);
  await check("a played buyer comes, and goes on when answered", async () => {
    await be(page, "在线");
    await page.locator(".row").filter({ hasText: chat.name }).click({ timeout: writing });
    await said(page, chat.lines[0]).waitFor({ timeout: patience });
    // The order that the page was about comes first.
    await page.locator(".thing strong").first().getByText(chat.opening.page.orderNumber, { exact: true }).waitFor({ timeout: patience });
    await write(page, "您好，我查一下。");
    await said(page, chat.lines[1]).waitFor({ timeout: writing });
    await faultless(page);
    await picture(page, "living-desk");
  });
  await check("the buyer's gateway may be killed: nothing is said twice or not at all", async () => {
    await gateway.kill();
    await write(page, "已经催过快递了。");
    await gateway.start();
    await said(page, chat.lines[2]).waitFor({ timeout: writing });
    await write(page, "预计明天送达。");
    await said(page, chat.thanks).waitFor({ timeout: writing });
    for (const words of [...chat.lines, chat.thanks]) assert((await said(page, words).count()) === 1, words);
  });
  await check("when all is said the buyer rates", async () => {
    await page.locator(".conversation-head").getByRole("button", { name: "结 束", exact: true }).click();
    await page.locator(".entry").getByText("★".repeat(chat.stars)).waitFor({ timeout: writing });
  });
  await check("only so many write at a time, and a signal ends them", async () => {
    assert((await page.locator(".rows .row").count()) <= 1, "more than one buyer at a time");
    assert((await stop(playing)) === 0, "the player did not end well");
  });
  await be(page, "离线");
}

const gateway = await Killable.beside();
await withBrowser({ reducedMotion: "reduce", viewport: { width: 1440, height: 860 } }, async (context, page) => {
  await peopleComeInByAClick(page);
  await buyersArePlayed(page, gateway);
  await check("no page's policy was broken and nothing was thrown", () => assert(context.faults.length === 0, context.faults.join("; ")));
});
await gateway.end();
finish();
