// What all clients of a load heed: whether to go on, to pause, or to stop; and how fast they are.
export class Switches {
  private running = true;
  private resumed: Promise<void> | undefined;
  private resume_: () => void = () => {};

  constructor(
    readonly buyerThinksMs: number,
    readonly agentThinksMs: number,
    // How long one message is tried for.
    readonly patienceMs: number,
  ) {}

  // Waits while paused; false when it is time to end.
  async mayGoOn(): Promise<boolean> {
    await this.resumed;
    return this.running;
  }

  // Again while paused: nothing new, or who waits already would wait for ever.
  pause(): void {
    this.resumed ??= new Promise((resolve) => (this.resume_ = resolve));
  }

  resume(): void {
    this.resumed = undefined;
    this.resume_();
  }

  stop(): void {
    this.running = false;
    this.resume();
  }
}
