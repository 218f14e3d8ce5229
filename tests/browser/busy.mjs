// How the console holds up: the time until it can be used, and its frames with 300 conversations in the list while
// messages arrive at 50 a second. Measures and prints one JSON line; fails only if a message is missing at the end.
//
//   node busy.mjs FOLDER [SECONDS]
//
// Needs the environment of deploy/dev/up.sh --once-ready, whose gateways must admit that many calls from one address
// (tests/run/busy.sh), and Debian's chromium.
import { be, first, light, makeShop, password, signIn } from "./staff.mjs";
import { call, until, withBrowser } from "./support.mjs";

const seconds = Number(process.argv[3] ?? 15);
const conversations = 300;
const perSecond = 50;
const shop = "busy";
const second = `http://${process.env.KEFU_GATEWAY_2}`;

async function buyer(n) {
  const gateway = n % 2 === 0 ? first : second;
  const { token } = await call(gateway, "AuthService/StartGuest", { shop });
  const content = { text: { body: `你好，我是第 ${n + 1} 位` } };
  const { session } = await call(gateway, "BuyerService/OpenSession", { requestId: crypto.randomUUID(), content }, token);
  return { gateway, token, session };
}

const say = ({ gateway, token, session }, body) =>
  call(gateway, "BuyerService/SendMessage", { requestId: crypto.randomUUID(), session, content: { text: { body } } }, token);

// In the page: the time between frames, and tasks that keep it busy for long.
function watchFrames() {
  const frames = [];
  const tasks = [];
  let last = performance.now();
  const next = (now) => {
    frames.push(now - last);
    last = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ entryTypes: ["longtask"] });
  window.measured = () => ({ frames, tasks });
}

// From a cold cache until something can be done, in milliseconds: the way in, and the desk of one who was in before.
async function firstLoad(page) {
  const load = async (selector) => {
    const begin = performance.now();
    await page.goto(`${first}/console/`);
    await page.locator(selector).waitFor();
    return Math.round(performance.now() - begin);
  };
  const signInMs = await load("#password");
  await signIn(page, "agent1", password, shop);
  await light(page, "live");
  const session = await page.context().newCDPSession(page);
  await session.send("Network.clearBrowserCache");
  await page.goto("about:blank");
  return { signInMs, deskMs: await load('.light[data-link="live"]') };
}

// What the whole list says is unread, by session.
async function unreadOf(page) {
  const found = new Map();
  const list = page.locator(".window");
  const height = await list.evaluate((node) => node.scrollHeight);
  for (let top = 0; top < height; top += 500) {
    await list.evaluate((node, to) => node.scrollTo(0, to), top);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const rows = await page.locator(".row").evaluateAll((nodes) =>
      nodes.map((node) => [
        node.dataset.session,
        { unread: Number(node.querySelector(".ant-badge sup")?.getAttribute("title")?.replace(/\D/g, "") ?? 0), chosen: node.ariaPressed === "true" },
      ]),
    );
    for (const [session, row] of rows) found.set(session, row);
  }
  return found;
}

function summary({ frames, tasks }) {
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] * 10) / 10;
  return {
    frames: frames.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestMs: at(1),
    over50Ms: frames.filter((ms) => ms > 50).length,
    longTasks: tasks.length,
    longestTaskMs: Math.round(Math.max(0, ...tasks)),
  };
}

const groups = [{ group: "all", displayName: "全部" }];
makeShop(shop, 1000, { groups, defaultGroup: "all", weights: { widget: 1 } }, process.argv[2]);
await withBrowser({}, async (_, page) => {
  await page.setViewportSize({ width: 1440, height: 860 });
  const loaded = await firstLoad(page);
  await be(page, "在线");
  const buyers = [];
  for (let n = 0; n < conversations; n += 1) buyers.push(await buyer(n));
  await page.locator(".ant-segmented-item").filter({ hasText: `我的 ${conversations}` }).waitFor({ timeout: 60_000 });
  await page.locator(".row").first().click();
  await page.evaluate(watchFrames);
  const sent = [];
  for (let n = 0; n < seconds * perSecond; n += 1) {
    const due = performance.now() + 1000 / perSecond;
    sent.push(say(buyers[(n * 7) % conversations], `第 ${n} 句`));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
  }
  await Promise.all(sent);
  const measured = await page.evaluate(() => window.measured());
  // All but what is looked at, which is read.
  const expected = new Map(buyers.map(({ session }) => [session, 1]));
  for (let n = 0; n < seconds * perSecond; n += 1) {
    const { session } = buyers[(n * 7) % conversations];
    expected.set(session, expected.get(session) + 1);
  }
  await until("every message in the list", async () => {
    const found = await unreadOf(page);
    return found.size === conversations && [...found].every(([session, { unread, chosen }]) => chosen || unread === expected.get(session));
  });
  console.log(JSON.stringify({ conversations, perSecond, seconds, ...loaded, ...summary(measured) }));
});
