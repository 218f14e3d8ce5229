import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { Store } from "../store.js";
import { claimOf, Identity, type IdentityDeps } from "./identity.js";

const claim = { externalId: "b1", displayName: "Wang", timestamp: 1, keyId: "k1", signature: "00" };

function denied(): Storage {
  throw new Error("denied");
}

function setUp(inSession = false, refuse?: ConnectError) {
  const asked: string[] = [];
  const auth = {
    startGuest: async () => {
      asked.push("guest");
      return { token: "guest-token", conversation: "c_guest" };
    },
    identifyBuyer: async ({ guestToken }: { guestToken?: string }) => {
      asked.push(`identify ${guestToken ?? ""}`);
      if (refuse && guestToken) throw refuse;
      return { token: "token", conversation: "c_known" };
    },
  } as unknown as IdentityDeps["auth"];
  const store = new Store({ lasting: denied, visit: denied });
  const complaints: string[] = [];
  const complain = (what: string) => void complaints.push(what);
  const identity = new Identity({ auth, shop: "demo", store, inSession: async () => inSession, complain });
  return { identity, asked, complaints };
}

test("a guest stays the same guest until the gateway takes the token no longer", async () => {
  const { identity, asked } = setUp();
  await identity.become();
  assert.equal((await identity.become()).conversation, "c_guest");
  assert.deepEqual(asked, ["guest"]);
  identity.drop();
  await identity.become();
  assert.deepEqual(asked, ["guest", "guest"]);
});

test("a guest who is proved is linked, and no guest any more", async () => {
  const { identity, asked } = setUp();
  await identity.become();
  identity.prove(async () => claim);
  assert.deepEqual(await identity.become(), { token: "token", conversation: "c_known", identified: true });
  await identity.become();
  assert.deepEqual(asked, ["guest", "identify guest-token", "identify "]);
});

test("in the middle of a session a guest remains one", async () => {
  const { identity } = setUp(true);
  await identity.become();
  identity.prove(claim);
  assert.equal((await identity.become()).identified, false);
});

test("a refused proof is told to the page and to the buyer", async () => {
  const refused = new ConnectError("bad signature", Code.Unauthenticated);
  const { identity, complaints } = setUp(false, refused);
  await identity.become();
  identity.prove(claim);
  await assert.rejects(identity.become(), /bad signature/);
  assert.equal(complaints.length, 1);
});

test("what is no claim is told, and the buyer is a guest", async () => {
  const { identity, complaints } = setUp();
  identity.prove({ externalId: "b1" });
  assert.equal((await identity.become()).identified, false);
  assert.equal(complaints.length, 1);
  assert.equal(claimOf({ ...claim, timestamp: "1" }), undefined);
});

test("nothing remains of a buyer who is forgotten", async () => {
  const { identity } = setUp();
  await identity.become();
  identity.forget();
  assert.equal(identity.known, false);
  assert.equal(identity.current, undefined);
});
