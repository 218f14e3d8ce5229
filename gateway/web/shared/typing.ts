// Typing notices: told at most every three seconds while someone types, believed for six.

const tellEveryMs = 3_000;
const believeMs = 6_000;

export class TypingTeller {
  private toldAt = -Infinity;
  private told = false;

  constructor(
    private readonly tell: (typing: boolean) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  input(text: string): void {
    if (text === "") {
      this.stop();
      return;
    }
    if (this.now() - this.toldAt < tellEveryMs) return;
    this.toldAt = this.now();
    this.told = true;
    this.tell(true);
  }

  stop(): void {
    if (!this.told) return;
    this.told = false;
    this.toldAt = -Infinity;
    this.tell(false);
  }
}

export class TypingListener {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private current = false;

  constructor(private readonly onChange: () => void) {}

  get typing(): boolean {
    return this.current;
  }

  notice(typing: boolean): void {
    clearTimeout(this.timer);
    if (typing) this.timer = setTimeout(() => this.set(false), believeMs);
    this.set(typing);
  }

  private set(typing: boolean): void {
    if (this.current === typing) return;
    this.current = typing;
    this.onChange();
  }
}
