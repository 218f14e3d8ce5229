// What the tests of the staff's pages share: buyers who are driven through the API, signing in, the checks of every page.
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { assert, call, patience } from "./support.mjs";

export const { KEFU_BIN, KEFU_GATEWAY, KEFU_GATEWAY_2, KEFU_DEMO_PASSWORD_FILE, KEFU_DEMO_IDENTITY_FILE, KEFU_OPERATOR_KEY_FILE } = process.env;
export const first = `http://${KEFU_GATEWAY}`;
export const password = readFileSync(KEFU_DEMO_PASSWORD_FILE, "utf8").trim();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export class Guest {
  // `more` of the opening, such as the page.
  static async asks(body, shop = "demo", more = {}) {
    const { token } = await call(first, "AuthService/StartGuest", { shop });
    return await Guest.#opens(token, body, more);
  }

  // Whom the demonstration shop knows.
  static async known(buyer, body) {
    const { token } = await call(first, "AuthService/IdentifyBuyer", { shop: "demo", ...claim(buyer) });
    return await Guest.#opens(token, body, {});
  }

  static async #opens(token, body, more) {
    const guest = new Guest();
    guest.token = token;
    const opening = { category: "CATEGORY_PRE_SALE", language: "zh-CN", ...more };
    const opened = await call(first, "BuyerService/OpenSession", { requestId: crypto.randomUUID(), opening, content: { text: { body } } }, guest.token);
    guest.session = opened.session;
    return guest;
  }

  async say(body) {
    const message = { requestId: crypto.randomUUID(), session: this.session, content: { text: { body } } };
    await call(first, "BuyerService/SendMessage", message, this.token);
  }

  // The words that the buyer sees.
  async words() {
    const { entries } = await call(first, "BuyerService/ListMessages", {}, this.token);
    return entries.map(({ content }) => content?.text?.body).filter(Boolean);
  }
}

// What the demonstration shop's own site signs for a buyer that it knows; `rank` is "member" or "vip".
export function claim({ externalId, displayName, rank }) {
  const { keyId, key } = JSON.parse(readFileSync(KEFU_DEMO_IDENTITY_FILE, "utf8"));
  const timestamp = Math.floor(Date.now() / 1000);
  const signed = [rank ? "v2" : "v1", "demo", externalId, displayName, timestamp, ...(rank ? [rank] : [])].join("\n");
  const signature = createHmac("sha256", key).update(signed).digest("hex");
  return { externalId, displayName, timestamp, keyId, signature, ...(rank ? { priority: `PRIORITY_${rank.toUpperCase()}` } : {}) };
}

// Pictures go into the folder that the program was given.
export async function picture(page, name) {
  // Nothing stands under the pointer.
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(process.argv[2], `${name}.png`) });
}

export async function signIn(page, login, secret = password, shop = "demo") {
  await page.locator("#shop").fill(shop);
  await page.locator("#login").fill(login);
  await page.locator("#password").fill(secret);
  await page.locator("#password").press("Enter");
}

export const dialog = (page) => page.getByRole("dialog");

export async function be(page, name) {
  await page.locator(".presence").click();
  await page.locator(".ant-select-item-option").filter({ hasText: name }).click();
  await page.locator(".presence").getByText(name).waitFor({ timeout: patience });
}

export async function light(page, link) {
  await page.locator(`.light[data-link="${link}"]`).waitFor({ timeout: patience });
}

// axe finds no serious fault.
export async function faultless(page) {
  await page.evaluate(axe);
  const faults = await page.evaluate(async () => {
    const { violations } = await window.axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" ")}`);
  });
  assert(faults.length === 0, faults.join("; "));
}

// A shop of agent1 and agent2, and `more` of [login, role], whose routing is `config`; `folder` takes what kefuctl reads.
export function makeShop(shop, capacity, config, folder, more = []) {
  kefuctl("shop", "create", shop, "--name", shop);
  for (const [login, role] of [["agent1", "agent"], ["agent2", "agent"], ["admin", "admin"], ...more]) {
    kefuctl("agent", "create", "--shop", shop, "--login", login, "--name", login, "--role", role, "--capacity", String(capacity));
  }
  const file = join(folder, `${shop}.json`);
  writeFileSync(file, JSON.stringify({ etag: "0", ...config }));
  kefuctl("--login", "admin", "--password-file", KEFU_DEMO_PASSWORD_FILE, "routing", "set", "--shop", shop, file);
}

export function kefuctl(...args) {
  return execFileSync(join(KEFU_BIN, "kefuctl"), args, { encoding: "utf8" });
}
