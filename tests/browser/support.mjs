// What the browser tests share: checks that are counted, a browser, a staff member who is driven through the API.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

export const patience = 15_000;

let passed = 0;
let failed = 0;

// A failed check is told and counted; the others go on.
export async function check(what, work) {
  try {
    await work();
    passed += 1;
    console.log(`ok: ${what}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${what}: ${error.message}`);
  }
}

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

// The closing line, and the exit code.
export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

// Until `condition` returns something; for what no page shows.
export async function until(what, condition) {
  const deadline = Date.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// A browser with a profile of its own; `work` gets its context. What breaks a page's policy or throws in a page is
// collected in context.faults.
export async function withBrowser(options, work) {
  const profile = mkdtempSync(join(tmpdir(), "kefu-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless: true,
    locale: "zh-CN",
    viewport: { width: 1280, height: 800 },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    ...options,
  });
  context.faults = [];
  const watch = (page) => {
    page.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) context.faults.push(message.text());
    });
    page.on("pageerror", (error) => context.faults.push(error.message));
  };
  context.pages().forEach(watch);
  context.on("page", watch);
  try {
    return await work(context, context.pages()[0] ?? (await context.newPage()));
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

// One call, as JSON.
export async function call(gateway, method, body, token = "") {
  const answer = await fetch(`${gateway}/kefu.gateway.v1.${method}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(token === "" ? {} : { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${method}: ${JSON.stringify(json)}`);
  return json;
}

// A member of the staff at work: connected for as long as the test goes on, and what the stream has said.
export class Agent {
  frames = [];
  #stop = new AbortController();

  constructor(gateway, token) {
    this.gateway = gateway;
    this.token = token;
  }

  static async signIn(gateway, shop, login, password) {
    const { token } = await call(gateway, "AuthService/SignIn", { shop, login, password });
    const agent = new Agent(gateway, token);
    void agent.#follow();
    await agent.told("snapshot", () => true);
    return agent;
  }

  async call(method, body) {
    return await call(this.gateway, `AgentService/${method}`, { requestId: crypto.randomUUID(), ...body }, this.token);
  }

  async be(presence) {
    await this.call("SetPresence", { presence: `PRESENCE_${presence}` });
  }

  // The first frame of a kind that `matches`, now or later.
  async told(kind, matches) {
    return await until(`${kind} on the agent's stream`, () => this.frames.find((frame) => frame[kind] && matches(frame[kind])))
      .then((frame) => frame[kind]);
  }

  // The session that holds what a buyer wrote, once it is this agent's.
  async given(body) {
    const entry = await this.told("entry", (one) => one.content?.text?.body === body);
    const { session, conversation, fence } = await until("the session", () => this.#held(entry.session));
    return { session, conversation, fence };
  }

  // The last word on a session.
  session(session) {
    const said = this.frames.flatMap(({ snapshot, session: changed }) => snapshot?.sessions ?? (changed ? [changed.session] : []));
    return said.findLast((one) => one?.session === session);
  }

  #held(session) {
    const last = this.session(session);
    return last?.state === "STATE_ACTIVE" ? last : undefined;
  }

  async say({ session, fence }, content) {
    const said = typeof content === "string" ? { text: { body: content } } : content;
    return (await this.call("SendMessage", { session, fence, content: said })).entry;
  }

  async types({ conversation }) {
    await call(this.gateway, "AgentService/SetTyping", { conversation, typing: true }, this.token);
  }

  async read({ conversation }, seq) {
    await call(this.gateway, "AgentService/MoveMarks", { conversation, deliveredSeq: seq, readSeq: seq }, this.token);
  }

  async close({ session, fence, conversation }) {
    const seqs = this.frames.filter((frame) => frame.entry?.conversation === conversation).map((frame) => Number(frame.entry.seq));
    await this.call("CloseSession", { session, fence, lastSeenSeq: String(Math.max(...seqs)), reason: "solved" });
  }

  leave() {
    this.#stop.abort();
  }

  async #follow() {
    const url = `${this.gateway}/kefu.gateway.v1.AgentService/Subscribe`;
    const headers = { "Content-Type": "application/connect+json", Authorization: `Bearer ${this.token}` };
    const answer = await fetch(url, { method: "POST", headers, body: enveloped({}), signal: this.#stop.signal });
    let rest = new Uint8Array();
    try {
      for await (const chunk of answer.body) {
        rest = Buffer.concat([rest, chunk]);
        for (; rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1); rest = rest.subarray(5 + rest.readUInt32BE(1))) {
          this.frames.push(JSON.parse(rest.subarray(5, 5 + rest.readUInt32BE(1)).toString()));
        }
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }
}

function enveloped(message) {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}
