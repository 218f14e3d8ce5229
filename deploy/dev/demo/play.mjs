// Buyers of the demonstration shop, played from chats.json in a loop: a few at a time, each waits for an agent's answer
// before the next line, as people do. Ends by a signal.
//
//   node play.mjs [CHATS]
//
// Environment: KEFU_GATEWAY and KEFU_GATEWAY_2 (host:port), KEFU_DEMO_SHOP, KEFU_DEMO_IDENTITY_FILE (what
// `kefuctl --json identity rotate` printed), KEFU_DEMO_BUYERS (how many at a time, 1 to 20; 3).
import { createHmac, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { Stream } from "./stream.mjs";

const { KEFU_GATEWAY, KEFU_GATEWAY_2 = KEFU_GATEWAY, KEFU_DEMO_SHOP: shop, KEFU_DEMO_IDENTITY_FILE, KEFU_DEMO_BUYERS = "3" } = process.env;
const gateways = [KEFU_GATEWAY, KEFU_GATEWAY_2].map((address) => `http://${address}`);
const chats = JSON.parse(readFileSync(process.argv[2] ?? new URL("chats.json", import.meta.url), "utf8"));
const { keyId, key } = JSON.parse(readFileSync(KEFU_DEMO_IDENTITY_FILE, "utf8"));
const atATime = Math.min(20, Math.max(1, Number(KEFU_DEMO_BUYERS)));

// A buyer's patience, and the pace of people: milliseconds.
const answerMs = 10 * 60_000;
const closeMs = 3 * 60_000;
// A gateway that does not answer is taken for one that is not there.
const callMs = 15_000;
const between = (low, high) => low + Math.random() * (high - low);
const typing = () => pause(between(2_000, 6_000));

let turn = 0;

// One call, by whichever gateway is there; what was sent under a request id is stored once, however often it is sent.
async function call(method, body, token = "") {
  const headers = { "Content-Type": "application/json", ...(token === "" ? {} : { Authorization: `Bearer ${token}` }) };
  for (let attempt = 0; ; attempt += 1) {
    turn += 1;
    try {
      const answer = await fetch(`${gateways[turn % 2]}/kefu.gateway.v1.${method}`, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(callMs) });
      const json = await answer.json();
      if (answer.ok) return json;
      const again = answer.status === 503 || answer.status === 429 || answer.status === 504;
      if (!again || attempt >= 20) throw Object.assign(new Error(`${method}: ${json.code} ${json.message}`), { final: true });
    } catch (error) {
      if (error.final || attempt >= 20) throw error;
    }
    await pause(between(500, 1_500));
  }
}

async function identify({ buyer, name }) {
  const timestamp = Math.floor(Date.now() / 1000);
  const signed = `v1\n${shop}\n${buyer}\n${name}\n${timestamp}`;
  const signature = createHmac("sha256", Buffer.from(key, "utf8")).update(signed).digest("hex");
  const proof = { shop, externalId: buyer, displayName: name, timestamp: String(timestamp), keyId, signature };
  return (await call("AuthService/IdentifyBuyer", proof)).token;
}

// A buyer's line in the conversation, and what has been said since.
class Chat {
  constructor(token) {
    this.token = token;
    this.stream = new Stream(gateways, "kefu.gateway.v1.BuyerService/Subscribe", token);
  }

  async open(opening, body) {
    const { session, entry, state } = await call("BuyerService/OpenSession", { requestId: randomUUID(), opening, content: { text: { body } } }, this.token);
    this.session = session;
    this.said = BigInt(entry.seq);
    this.state = state?.state;
  }

  async say(body) {
    const { entry } = await call("BuyerService/SendMessage", { requestId: randomUUID(), session: this.session, content: { text: { body } } }, this.token);
    this.said = BigInt(entry.seq);
  }

  // What the stream has told of this session.
  get #last() {
    return this.stream.frames.findLast(({ session }) => session?.session === this.session)?.session.state ?? this.state;
  }

  get closed() {
    return this.#last === "STATE_CLOSED";
  }

  get waits() {
    return this.#last === "STATE_WAITING";
  }

  get #answered() {
    return this.stream.frames.some(({ entry }) => entry?.sender?.kind === "KIND_AGENT" && BigInt(entry.seq) > this.said);
  }

  answer() {
    return this.stream.until(() => this.#answered || this.closed, answerMs);
  }

  end() {
    return this.stream.until(() => this.closed, closeMs);
  }
}

async function play({ opening, lines, thanks, stars, ...who }) {
  const chat = new Chat(await identify(who));
  try {
    await chat.open(opening, lines[0]);
    for (const line of [...lines.slice(1), thanks]) {
      if (!(await chat.answer()) || chat.closed) break;
      await typing();
      if (!chat.closed) await chat.say(line);
    }
    // Nobody came: the place in the queue is given up.
    if (chat.waits) return await call("BuyerService/LeaveQueue", { requestId: randomUUID(), session: chat.session }, chat.token);
    if ((await chat.end()) && stars) {
      await typing();
      await call("BuyerService/RateSession", { requestId: randomUUID(), session: chat.session, rating: { stars } }, chat.token);
    }
  } finally {
    chat.stream.close();
  }
}

// One place of `atATime`: chat after chat. Two places never play the same buyer, who has one conversation only.
const busy = new Set();
let next = 0;
function take() {
  for (let i = 0; i < chats.length; i += 1) {
    const chat = chats[(next + i) % chats.length];
    if (busy.has(chat.buyer)) continue;
    next = (next + i + 1) % chats.length;
    return chat;
  }
  return undefined;
}

async function loop() {
  for (;;) {
    const chat = take();
    if (chat) {
      busy.add(chat.buyer);
      try {
        await play(chat);
      } catch (error) {
        console.log(`${new Date().toISOString()} ${chat.buyer}: ${error.message}`);
      }
      busy.delete(chat.buyer);
    }
    await pause(between(5_000, 20_000));
  }
}

for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
for (let place = 0; place < atATime; place += 1) {
  void loop();
  await pause(between(1_000, 4_000));
}
