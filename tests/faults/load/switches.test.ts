import { test } from "node:test";

import { within } from "../../support/wait.js";
import { Switches } from "./switches.js";

test("who waits since before a second pause goes on with everybody else", async () => {
  const switches = new Switches(0, 0, 0);
  switches.pause();
  const waiting = switches.mayGoOn();
  switches.pause();
  switches.resume();
  await within("the one who waits to go on", waiting);
});
