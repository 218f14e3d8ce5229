// The one name that the widget has on the shop's page: kefu(command, argument). Called before the script has come, the
// calls lie in kefu.q (docs/widget.md shows the line that makes it) and are carried out in their order.

export type Handler = (...values: unknown[]) => void;
export type Commands = Readonly<Record<string, Handler>>;

export interface KefuFunction {
  (command: string, ...values: unknown[]): void;
  q?: ArrayLike<unknown>[];
  // The widget is there.
  loaded?: boolean;
}

// Takes the name over. What the page gets wrong is told in its console and breaks nothing.
export function takeOver(page: { kefu?: unknown }, commands: Commands, complain: (what: string) => void): void {
  const earlier = page.kefu as KefuFunction | undefined;
  const run = (command: unknown, ...values: unknown[]): void => {
    const known = typeof command === "string" && Object.hasOwn(commands, command);
    if (!known) {
      complain(`kefu: there is no command ${String(command)}; there are ${Object.keys(commands).join(", ")}.`);
      return;
    }
    try {
      commands[command]?.(...values);
    } catch (error) {
      complain(`kefu: ${command}: ${String(error)}`);
    }
  };
  const kefu: KefuFunction = run;
  kefu.loaded = true;
  page.kefu = kefu;
  for (const call of Array.from(earlier?.q ?? [])) {
    const [command, ...values] = Array.from(call);
    run(command, ...values);
  }
}
