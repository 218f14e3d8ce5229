// Seeded choices: a failing run is repeated with the seed it printed.
export class Random {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  // The seed from the environment variable KEFU_SEED, or a new one; printed either way.
  static seeded(what: string): Random {
    const seed = Number(process.env.KEFU_SEED ?? Math.floor(Math.random() * 0xffffffff));
    console.log(`${what}: seed ${seed} (repeat with KEFU_SEED=${seed})`);
    return new Random(seed);
  }

  // In [0, 1); mulberry32.
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  // From low to high, both included.
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error("nothing to pick from");
    return items[Math.floor(this.next() * items.length)]!;
  }

  // Another generator whose sequence depends on this one's seed and the name only.
  fork(name: string): Random {
    let hash = this.seed >>> 0;
    for (const letter of name) hash = (Math.imul(hash, 31) + letter.codePointAt(0)!) >>> 0;
    return new Random(hash);
  }
}
