// The demonstration page in a real browser: a buyer writes, an agent answers, the line breaks and comes back.
//
//   node demo.mjs http://127.0.0.1:8080 PASSWORD_FILE SCREENSHOT.png
//
// Needs a running installation with the demo shop (deploy/dev/up.sh) and Debian's chromium. Ends with the line
// "N passed, N failed".
import { readFileSync } from "node:fs";

import { assert, check, finish, patience, withBrowser } from "./support.mjs";

const [address, passwordFile, screenshot] = process.argv.slice(2);
const password = readFileSync(passwordFile, "utf8").trim();
const markup = '<img src=x onerror="document.title=1"> {{1+1}} javascript:alert(1)';

async function write(pane, text) {
  await pane.locator("textarea").fill(text);
  await pane.locator("textarea").press("Enter");
}

// The row of a message, by its exact text.
function row(pane, text) {
  return pane.locator(".entry", { has: pane.page().locator(".body").getByText(text, { exact: true }) });
}

async function shows(pane, text) {
  await row(pane, text).waitFor({ timeout: patience });
}

async function ticked(pane, text, tick) {
  await pane.locator(`.entry[data-tick="${tick}"]`).filter({ hasText: text }).waitFor({ timeout: patience });
}

async function signIn(agent, login) {
  await agent.locator("#sign-in-login").fill(login);
  await agent.locator("#sign-in-password").fill(password);
  await agent.locator("#sign-in-password").press("Enter");
  await agent.locator("#agent-presence").waitFor({ timeout: patience });
}

async function conversation(page, context) {
  const buyer = page.locator("#buyer");
  const agent = page.locator("#agent");
  await check("both panes speak the browser's language", async () => {
    await page.goto(address);
    await buyer.getByText("店铺 demo").waitFor({ timeout: patience });
    await buyer.locator('.link[data-link="live"]').waitFor({ timeout: patience });
  });
  await check("a buyer's message is acknowledged while nobody is there", async () => {
    await write(buyer, "你好，请问什么时候发货？");
    await ticked(buyer, "你好，请问什么时候发货？", "acknowledged");
  });
  await check("an agent who signs in is given the waiting session", async () => {
    await signIn(agent, "agent1");
    await shows(agent, "你好，请问什么时候发货？");
  });
  await check("the buyer sees that the message was read", async () => {
    await ticked(buyer, "你好，请问什么时候发货？", "read");
  });
  await check("the buyer sees that the agent types", async () => {
    await agent.locator("textarea").pressSequentially("您好");
    await buyer.getByText("对方正在输入").waitFor({ timeout: patience });
  });
  await check("the agent's answer reaches the buyer and is read", async () => {
    await write(agent, "您好，今天下午五点前发出。");
    await shows(buyer, "您好，今天下午五点前发出。");
    await ticked(agent, "您好，今天下午五点前发出。", "read");
  });
  await check("an internal note stays with the staff", async () => {
    await agent.locator("textarea").fill("老顾客，优先处理");
    await agent.locator(".note-button").click();
    await shows(agent, "老顾客，优先处理");
    await write(agent, "还有什么可以帮您？");
    await shows(buyer, "还有什么可以帮您？");
    assert((await row(buyer, "老顾客，优先处理").count()) === 0, "the buyer sees the note");
  });
  await check("markup is shown as written and does nothing", async () => {
    await write(buyer, markup);
    await shows(agent, markup);
    assert((await page.locator(".log img").count()) === 0, "the markup became an element");
    assert((await page.title()) !== "1", "the markup ran");
  });
  await check("what is written while the line is down arrives once when it is back", async () => {
    await context.setOffline(true);
    await write(buyer, "断网时写的");
    await buyer.locator('.entry[data-tick="sending"]').waitFor({ timeout: patience });
    await context.setOffline(false);
    await shows(agent, "断网时写的");
    await ticked(buyer, "断网时写的", "read");
    assert((await row(buyer, "断网时写的").count()) === 1, "the buyer sees it more than once");
    assert((await row(agent, "断网时写的").count()) === 1, "the agent sees it more than once");
  });
  await check("after a reload the conversation and the sign-in are still there", async () => {
    await page.reload();
    await shows(buyer, "您好，今天下午五点前发出。");
    await shows(agent, "断网时写的");
    await ticked(agent, "您好，今天下午五点前发出。", "read");
  });
  await check("everything can be reached by keyboard and the language can be changed", async () => {
    await page.locator("#language-en").focus();
    await page.keyboard.press("Enter");
    await buyer.getByText("Shop demo").waitFor({ timeout: patience });
  });
  await page.screenshot({ path: screenshot, fullPage: true });
  await check("a closed session is told to the buyer, and the next message opens another", async () => {
    await agent.locator(".close-session").click();
    await buyer.getByText("This session has ended").waitFor({ timeout: patience });
    await write(buyer, "One more question");
    await shows(agent, "One more question");
  });
  await check("a wrong password is told in plain words", async () => {
    await agent.getByRole("button", { name: "Sign out" }).click();
    await agent.locator("#sign-in-login").fill("agent1");
    await agent.locator("#sign-in-password").fill("not the password");
    await agent.locator("#sign-in-password").press("Enter");
    await agent.getByText("Login or password is wrong.").waitFor({ timeout: patience });
  });
}

await withBrowser({}, async (context, page) => {
  await conversation(page, context);
  await check("the page broke no rule of its policy and threw no error", () => {
    assert(context.faults.length === 0, context.faults.join("; "));
  });
});
finish();
