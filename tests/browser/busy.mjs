// How the desk bears a busy agent: the time that its pages take to come, and that its frames take with many conversations
// in the list while buyers write. A program that measures: it prints one line of JSON, and fails only if messages are
// missing at the end.
//
//   node busy.mjs [--sessions 300] [--rate 50] [--seconds 15] [--profile FILE] [--folder FOLDER]
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium. `--profile` writes what the page's thread
// did meanwhile, for the browser's own tools; `--folder` leaves a picture. Times in milliseconds: `frames` between two
// frames and `longTasks` by the clock, which others on the machine make longer; `taskCpu` of the processor, which they do not.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { KEFU_GATEWAY_2, be, first, light, makeShop, password, signIn } from "./staff.mjs";
import { call, patience, withBrowser } from "./support.mjs";

const { values: options } = parseArgs({
  options: {
    sessions: { type: "string", default: "300" },
    rate: { type: "string", default: "50" },
    seconds: { type: "string", default: "15" },
    profile: { type: "string" },
    folder: { type: "string" },
  },
});
const [count, rate, seconds] = [options.sessions, options.rate, options.seconds].map(Number);
const gateways = [first, `http://${KEFU_GATEWAY_2}`];

// One agent has room for everybody: a chat weighs little.
const config = {
  groups: [{ group: "all", displayName: "All" }],
  defaultGroup: "all",
  weights: { widget: 1, platform: 1, email: 1, call: 1 },
};

class Buyer {
  said = 0;

  constructor(n) {
    this.n = n;
    this.gateway = gateways[n % gateways.length];
  }

  async comes() {
    this.token = (await call(this.gateway, "AuthService/StartGuest", { shop: "busy" })).token;
    const opening = { category: "CATEGORY_PRE_SALE", language: "zh-CN" };
    const request = { requestId: crypto.randomUUID(), opening, content: this.#words() };
    this.session = (await call(this.gateway, "BuyerService/OpenSession", request, this.token)).session;
  }

  async says() {
    const request = { requestId: crypto.randomUUID(), session: this.session, content: this.#words() };
    await call(this.gateway, "BuyerService/SendMessage", request, this.token);
  }

  #words() {
    this.said += 1;
    return { text: { body: `${this.n}:${this.said} 请问我的包裹什么时候到？` } };
  }
}

async function atOnce(items, many, work) {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: many }, worker));
}

// As many messages a second as asked for, by one buyer after the other, whether or not those before are through.
async function write(buyers) {
  const sent = [];
  const begin = performance.now();
  for (let n = 0; n < rate * seconds; n += 1) {
    const due = begin + (n * 1000) / rate - performance.now();
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    sent.push(buyers[n % buyers.length].says());
  }
  await Promise.all(sent);
  return Math.round(performance.now() - begin);
}

// In the page: when something is first there, since the navigation began.
function watchFor(marks) {
  window.firstSeen = {};
  const look = () => {
    for (const [name, selector] of Object.entries(marks)) {
      if (!(name in window.firstSeen) && document.querySelector(selector)) window.firstSeen[name] = performance.now();
    }
    if (Object.keys(window.firstSeen).length === Object.keys(marks).length) watcher.disconnect();
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document, { childList: true, subtree: true, attributes: true });
  addEventListener("keydown", ({ key }) => key === "Enter" && (window.pressedAt = performance.now()), true);
}

// In the page: the time between frames, and tasks of more than 50 ms, until told to stop.
function watchFrames() {
  const seen = { deltas: [], tasks: [] };
  let last = performance.now();
  let going = true;
  const frame = (now) => {
    seen.deltas.push(now - last);
    last = now;
    if (going) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const observer = new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: "longtask" });
  window.stopWatching = () => {
    going = false;
    observer.disconnect();
    return seen;
  };
}

// In the page: goes through the list by keys; what stands in each conversation, and how long it took to be there.
async function readAll(count) {
  const texts = () => [...document.querySelectorAll(".entries .body")].map(({ textContent }) => textContent);
  const read = {};
  const took = [];
  for (let n = 0; n < count; n += 1) {
    const before = document.querySelector(".row[aria-pressed='true']")?.dataset.session ?? document.querySelector(".conversation-head h2")?.textContent;
    const words = texts()[0];
    const begin = performance.now();
    dispatchEvent(new KeyboardEvent("keydown", { key: "j" }));
    while (texts()[0] === words && performance.now() - begin < 5_000) await new Promise(requestAnimationFrame);
    if (texts()[0] === words) return { read: Object.keys(read), took, stuck: String(before) };
    took.push(performance.now() - begin);
    for (const text of texts()) read[text.split(" ")[0]] = true;
  }
  return { read: Object.keys(read), took };
}

function summary(all) {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share) => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1), over50: sorted.filter((one) => one > 50).length };
}

async function framesWhile(page, work) {
  await page.evaluate(watchFrames);
  const ms = await work();
  const { deltas, tasks } = await page.evaluate(() => window.stopWatching());
  return { ms, frames: summary(deltas), longTasks: summary(tasks) };
}

async function profiled(context, page, work) {
  if (!options.profile) return await work();
  const client = await context.newCDPSession(page);
  await client.send("Profiler.enable");
  await client.send("Profiler.setSamplingInterval", { interval: 500 });
  await client.send("Profiler.start");
  const done = await work();
  writeFileSync(options.profile, JSON.stringify((await client.send("Profiler.stop")).profile));
  return done;
}

// What the tasks of the page's main thread take of the processor, whoever else is at it meanwhile.
async function tasksWhile(context, page, work) {
  const client = await context.newCDPSession(page);
  const byThread = new Map();
  const pages = new Set();
  const times = (thread) => byThread.get(thread) ?? byThread.set(thread, []).get(thread);
  client.on("Tracing.dataCollected", ({ value }) => {
    for (const { name, ph, args, pid, tid, tdur = 0 } of value) {
      const thread = `${pid} ${tid}`;
      if (name === "thread_name" && args.name === "CrRendererMain") pages.add(thread);
      else if (name === "RunTask" && ph === "X") times(thread).push(tdur / 1000);
    }
  });
  const traceConfig = { includedCategories: ["disabled-by-default-devtools.timeline"] };
  await client.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  const done = await work();
  const complete = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
  await client.send("Tracing.end");
  await complete;
  return { ...done, taskCpu: summary([...byThread].flatMap(([thread, all]) => (pages.has(thread) ? all : []))) };
}

const loadNow = () => Number(readFileSync("/proc/loadavg", "utf8").split(" ")[0]);

const folder = mkdtempSync(join(tmpdir(), "kefu-busy-"));
makeShop("busy", 1000, config, folder);
rmSync(folder, { recursive: true });
const buyers = Array.from({ length: count }, (_, n) => new Buyer(n + 1));
const report = { sessions: count, rate, seconds, loadBefore: loadNow() };
await withBrowser({ reducedMotion: "reduce" }, async (context, page) => {
  await page.setViewportSize({ width: 1440, height: 860 });
  await page.addInitScript(watchFor, { form: "#password", desk: ".desk", live: '.light[data-link="live"]' });
  await page.goto(`${first}/console/`);
  await page.locator("#password").waitFor({ timeout: patience });
  report.signInFormMs = await page.evaluate(() => Math.round(window.firstSeen.form));
  await signIn(page, "agent2", password, "busy");
  await light(page, "live");
  await page.locator(".desk").waitFor({ timeout: patience });
  Object.assign(report, await page.evaluate(() => {
    const { desk, live } = window.firstSeen;
    return { deskMs: Math.round(desk - window.pressedAt), deskLiveMs: Math.round(live - window.pressedAt) };
  }));
  await be(page, "在线");
  await atOnce(buyers, 8, (buyer) => buyer.comes());
  await page.locator(".left .ant-segmented-item").filter({ hasText: `我的 ${count}` }).waitFor({ timeout: 60_000 });
  const rows = page.locator(".row.mine");
  await rows.first().click();
  await page.locator("#composer").blur();

  report.idle = await framesWhile(page, () => page.evaluate(() => new Promise((resolve) => setTimeout(() => resolve(5_000), 5_000))));
  report.busy = await profiled(context, page, () => tasksWhile(context, page, () => framesWhile(page, () => write(buyers))));
  if (options.folder) await page.screenshot({ path: join(options.folder, "desk-busy.png") });

  const expected = buyers.flatMap(({ n, said }) => Array.from({ length: said }, (_, i) => `${n}:${i + 1}`));
  const { read, took, stuck } = await page.evaluate(readAll, count);
  const there = new Set(read);
  const missing = expected.filter((one) => !there.has(one));
  Object.assign(report, { chooseMs: summary(took), messages: expected.length, missing: missing.length, loadAfter: loadNow() });
  if (stuck !== undefined) report.stuck = stuck;
  if (missing.length > 0) process.exitCode = 1;
  report.faults = context.faults;
});
console.log(JSON.stringify(report));
