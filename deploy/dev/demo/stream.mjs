// A stream of the Connect protocol as JSON, followed for as long as it is wanted: opened again at the other gateway when
// one is lost, from the last entry on.
import { setTimeout as pause } from "node:timers/promises";

export class Stream {
  frames = [];
  #gateways;
  #method;
  #token;
  #life = new AbortController();
  #resume;
  #waiting = new Set();

  constructor(gateways, method, token) {
    this.#gateways = gateways;
    this.#method = method;
    this.#token = token;
    void this.#follow();
  }

  close() {
    this.#life.abort();
    this.#tell();
  }

  // True when `condition` holds, now or as frames come; false when `ms` have passed or the stream is closed.
  until(condition, ms) {
    return new Promise((resolve) => {
      const done = (value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(value);
      };
      const look = () => {
        if (condition()) done(true);
        else if (this.#life.signal.aborted) done(false);
      };
      const timer = setTimeout(() => done(false), ms);
      this.#waiting.add(look);
      look();
    });
  }

  async #follow() {
    for (let attempt = 0; !this.#life.signal.aborted; attempt += 1) {
      try {
        await this.#once(this.#gateways[attempt % this.#gateways.length]);
      } catch (error) {
        if (this.#life.signal.aborted) return;
        console.log(`${new Date().toISOString()} stream: ${error.message}`);
      }
      await pause(1_000);
    }
  }

  async #once(gateway) {
    const headers = { "Content-Type": "application/connect+json", Authorization: `Bearer ${this.#token}` };
    const body = enveloped(this.#resume ? { resume: this.#resume } : {});
    const answer = await fetch(`${gateway}/${this.#method}`, { method: "POST", headers, body, signal: this.#life.signal });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    let rest = Buffer.alloc(0);
    for await (const chunk of answer.body) {
      rest = Buffer.concat([rest, chunk]);
      for (; rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1); rest = rest.subarray(5 + rest.readUInt32BE(1))) {
        this.#take(JSON.parse(rest.subarray(5, 5 + rest.readUInt32BE(1)).toString()));
      }
    }
  }

  #take(frame) {
    const { hello, entry } = frame;
    if (hello) this.#resume = { seq: "0", ...this.#resume, conversation: hello.conversation, storeEpoch: hello.storeEpoch };
    if (entry && this.#resume) this.#resume.seq = entry.seq;
    this.frames.push(frame);
    this.#tell();
  }

  #tell() {
    for (const look of [...this.#waiting]) look();
  }
}

function enveloped(message) {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}
