// The widget's function, as a shop's own script calls it: calls made before the widget has come wait in a queue.

type Kefu = { (...call: unknown[]): void; q?: unknown[][] };

export function kefu(...call: unknown[]): void {
  const page = window as { kefu?: Kefu };
  page.kefu ??= (...early: unknown[]) => {
    const queue = page.kefu as Kefu;
    (queue.q ??= []).push(early);
  };
  page.kefu(...call);
}
