// How far the buyer has got, told to the gateway once for each step forward. Pure but for the telling.

export interface Reached {
  readonly deliveredSeq: bigint;
  readonly readSeq: bigint;
}

export class ReadMarks {
  private delivered = 0n;
  private readTold = 0n;
  // On any device of the buyer's.
  private readAnywhere = 0n;

  // `tell` resolves to whether the gateway has it.
  constructor(private readonly tell: (reached: Reached) => Promise<boolean>) {}

  get read(): bigint {
    return this.readAnywhere;
  }

  // The view reaches to `lastSeq`; `visible`: and the buyer sees it.
  move(lastSeq: bigint, visible: boolean): void {
    if (visible) this.told(lastSeq);
    if (lastSeq <= this.delivered && this.readAnywhere <= this.readTold) return;
    this.delivered = lastSeq;
    this.readTold = this.readAnywhere;
    void this.tell({ deliveredSeq: lastSeq, readSeq: this.readAnywhere }).then((done) => {
      if (!done) this.forgetTold();
    });
  }

  // The gateway says how far the buyer has read.
  told(readSeq: bigint): void {
    if (readSeq > this.readAnywhere) this.readAnywhere = readSeq;
  }

  // It may not have arrived: the next step tells all of it again.
  forgetTold(): void {
    this.delivered = 0n;
    this.readTold = 0n;
  }

  reset(): void {
    this.forgetTold();
    this.readAnywhere = 0n;
  }
}
