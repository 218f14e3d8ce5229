// GUARANTEES, "Abuse that must be refused": authentication.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { Code } from "@connectrpc/connect";

import { TokenPayload_Audience } from "../gen/kefu/gateway/v1/record_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { newShop, openSession } from "../support/chat.js";
import { clientsTo, refusalOf, refused } from "../support/clients.js";
import { type JsonCall, jsonCall } from "../support/json_call.js";
import { type Buyer, type Shop, type Staff, operator, requestId } from "../support/people.js";
import { type RefusalRow, assertRefused, refusals } from "../support/refusal_table.js";
import { testCluster } from "../support/test_cluster.js";
import { Token } from "../support/token.js";
import { eventually } from "../support/wait.js";

interface World {
  shop: Shop;
  buyer: Buyer;
  agent: Staff;
}

const whoAmI = (token?: string): JsonCall => ({ method: "AuthService/WhoAmI", body: {}, token });
const invalid = { code: "unauthenticated", reason: "TOKEN_INVALID" };

// "alg": "none", as in the classic attack on another kind of token.
const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"sub":"a"}').toString("base64url")}.`;

describe("authentication", () => {
  const cluster = testCluster();
  let world: World;
  before(async () => {
    const shop = await newShop(cluster());
    world = { shop, buyer: await shop.guest(), agent: await shop.staff() };
  });

  const rows: RefusalRow<World>[] = [
    { what: "a call without a token", call: () => whoAmI(), code: "unauthenticated", reason: "TOKEN_MISSING" },
    { what: "an empty token", call: () => whoAmI(""), code: "unauthenticated", reason: /^TOKEN_(MISSING|INVALID)$/ },
    { what: "a token of random letters", call: () => whoAmI("x".repeat(100)), ...invalid },
    { what: "a token of another scheme without a signature", call: () => whoAmI(unsigned), ...invalid },
    {
      what: "a token of an unknown version",
      call: ({ buyer }) => whoAmI(new Token(buyer.token).with({ version: "v2" })),
      ...invalid,
    },
    {
      what: "a token under the key \"none\"",
      call: ({ buyer }) => whoAmI(new Token(buyer.token).with({ keyId: "none", signature: "" })),
      ...invalid,
    },
    {
      what: "a token without its signature",
      call: ({ buyer }) => whoAmI(new Token(buyer.token).with({ signature: "" })),
      ...invalid,
    },
    {
      what: "a token whose signature is another token's",
      call: ({ buyer, agent }) => whoAmI(new Token(buyer.token).with({ signature: new Token(agent.token).signature })),
      ...invalid,
    },
    {
      what: "a token whose buyer was exchanged",
      call: ({ buyer }) => whoAmI(new Token(buyer.token).forged({ subject: `b_${"a".repeat(26)}` })),
      ...invalid,
    },
    {
      what: "a token whose shop was exchanged",
      call: ({ buyer }) => whoAmI(new Token(buyer.token).forged({ shop: "another" })),
      ...invalid,
    },
    {
      what: "a token that was extended",
      call: ({ buyer }) => {
        const token = new Token(buyer.token);
        return whoAmI(token.forged({ expireTimeMs: token.payload.expireTimeMs + 1n }));
      },
      ...invalid,
    },
    {
      what: "a token signed with a key that is not the gateway's",
      call: ({ buyer }) => whoAmI(new Token(buyer.token).signed(Buffer.alloc(32, 7), {})),
      ...invalid,
    },
    {
      what: "a token that has expired",
      call: ({ buyer }) => {
        const past = { issueTimeMs: BigInt(Date.now() - 7_200_000), expireTimeMs: BigInt(Date.now() - 3_600_000) };
        return whoAmI(new Token(buyer.token).signed(cluster().tokenKey(), past));
      },
      code: "unauthenticated",
      reason: "TOKEN_EXPIRED",
    },
    {
      what: "a staff token without a sign-in",
      call: ({ agent }) => whoAmI(new Token(agent.token).signed(cluster().tokenKey(), { signIn: "" })),
      code: "unauthenticated",
      reason: /^TOKEN_(INVALID|REVOKED)$/,
    },
    {
      what: "a buyer's token made into one for staff",
      call: ({ buyer }) => whoAmI(new Token(buyer.token).forged({ audience: TokenPayload_Audience.STAFF })),
      ...invalid,
    },
    {
      what: "a buyer's token on an agent's method",
      call: ({ buyer }) => ({ method: "AgentService/ListSessions", body: {}, token: buyer.token }),
      code: "permission_denied",
      reason: "ROLE_NOT_ALLOWED",
    },
    {
      what: "a buyer's token on an agent's stream",
      call: ({ buyer }) => ({ method: "AgentService/Subscribe", body: {}, token: buyer.token, stream: true }),
      code: "permission_denied",
      reason: "ROLE_NOT_ALLOWED",
    },
    {
      what: "an agent's token on a buyer's method",
      call: ({ agent }) => ({ method: "BuyerService/GetState", body: {}, token: agent.token }),
      code: "permission_denied",
      reason: "ROLE_NOT_ALLOWED",
    },
    {
      what: "an agent's token on an administrator's method",
      call: ({ agent }) => ({ method: "AdminService/ListApiKeys", body: {}, token: agent.token }),
      code: "permission_denied",
      reason: "ROLE_NOT_ALLOWED",
    },
    {
      what: "an agent's token on the operator's method",
      call: ({ agent }) => ({ method: "OperatorService/ListShops", body: {}, token: agent.token }),
      code: "permission_denied",
      reason: "ROLE_NOT_ALLOWED",
    },
    {
      what: "a wrong operator's key",
      call: () => ({ method: "OperatorService/ListShops", body: {}, token: "f".repeat(32) }),
      ...invalid,
    },
    {
      what: "a token in the URL",
      call: ({ buyer }) => ({ ...whoAmI(), query: `?token=${buyer.token}` }),
      code: "invalid_argument",
      reason: "TOKEN_IN_URL",
    },
    {
      what: "an access token in the URL beside a good one in the header",
      call: ({ buyer }) => ({ ...whoAmI(buyer.token), query: `?access_token=${buyer.token}` }),
      code: "invalid_argument",
      reason: "TOKEN_IN_URL",
    },
    ...identityRows(),
  ];
  refusals(cluster, () => world, rows);

  test("a token works on both gateways until the sign-out on one of them, and on none afterwards", async () => {
    const agent = await world.shop.signIn(world.agent.login, world.agent.password);
    const [one, two] = cluster().gateways.map((gateway) => agent.at(gateway).auth);
    assert.equal((await two!.whoAmI({})).subject, agent.agent);
    await one!.signOut({});
    const here = await refused(one!.whoAmI({}));
    assert.deepEqual([here.code, here.reason], [Code.Unauthenticated, "TOKEN_REVOKED"]);
    await eventually("the other gateway to know", () => isRevoked(two!.whoAmI({})));
  });

  test("a disabled person is shut out everywhere, with tokens issued before", async () => {
    const agent = await world.shop.staff();
    await operator(cluster()).setPersonDisabled({ requestId: requestId(), login: agent.login, disabled: true });
    for (const gateway of cluster().gateways) {
      await eventually("the gateway to know", () => isRevoked(agent.at(gateway).auth.whoAmI({})));
    }
    const again = await refused(world.shop.signIn(agent.login, agent.password));
    assert.deepEqual([again.code, again.reason], [Code.Unauthenticated, "BAD_CREDENTIALS"]);
  });

  test("a disabled agent is shut out of the shop", async () => {
    const admin = (await world.shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0)).admin;
    const agent = await world.shop.staff();
    const listed = (await admin.listAgents({})).agents.find((a) => a.agent === agent.agent)!;
    await admin.updateAgent({ requestId: requestId(), agent: { ...listed, disabled: true } });
    for (const gateway of cluster().gateways) {
      await eventually("the gateway to know", () => isRevoked(agent.at(gateway).auth.whoAmI({})));
    }
  });

  test("a revoked API key is shut out", async () => {
    const admin = (await world.shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0)).admin;
    const { key, secret } = await admin.createApiKey({ requestId: requestId(), displayName: "orders" });
    const program = clientsTo(cluster().gateway(1).url, { token: secret }).auth;
    assert.equal((await program.whoAmI({})).role, Role.INTEGRATOR);
    await admin.revokeApiKey({ requestId: requestId(), keyId: key!.keyId });
    await eventually("the gateway to know", () => isRevoked(program.whoAmI({})));
  });

  test("a change of the password ends other sign-ins, and the old one no longer opens", async () => {
    const agent = await world.shop.staff();
    const elsewhere = await world.shop.signIn(agent.login, agent.password);
    const newPassword = "a whole new password";
    const { auth } = agent.at(cluster().gateway(0));
    await auth.changePassword({ requestId: requestId(), oldPassword: agent.password, newPassword }, { timeoutMs: 10_000 });
    await eventually("the other sign-in to end", () => isRevoked(elsewhere.at(cluster().gateway(1)).auth.whoAmI({})));
    assert.equal((await refused(world.shop.signIn(agent.login, agent.password))).reason, "BAD_CREDENTIALS");
    await world.shop.signIn(agent.login, newPassword);
  });

  test("the eleventh sign-in in a minute is refused, whichever gateway the attempts go to", async () => {
    const login = "somebody-who-guesses";
    const attempt = (index: number) =>
      jsonCall(cluster().gateway(index % 2).url, {
        method: "AuthService/SignIn",
        body: { login, password: `guess number ${index}`, shop: world.shop.id },
        headers: { "X-Forwarded-For": `198.51.100.${index}` },
      });
    for (let i = 0; i < 10; ++i) assertRefused(await attempt(i), { code: "unauthenticated", reason: "BAD_CREDENTIALS" });
    const eleventh = await attempt(10);
    assertRefused(eleventh, { code: "resource_exhausted", reason: /^(RATE_LIMITED|TOO_MANY_ATTEMPTS)$/ });
    assert.ok(Number(eleventh.headers["retry-after"]) > 0);
  });

  test("the eleventh sign-in in a minute from one address is refused, whoever is tried", async () => {
    const attempt = (index: number) =>
      jsonCall(cluster().gateway(index % 2).url, {
        method: "AuthService/SignIn",
        body: { login: `victim-${index}`, password: "the usual one", shop: world.shop.id },
        headers: { "X-Forwarded-For": "198.51.100.200" },
      });
    for (let i = 0; i < 10; ++i) assertRefused(await attempt(i), { code: "unauthenticated", reason: "BAD_CREDENTIALS" });
    assertRefused(await attempt(10), { code: "resource_exhausted", reason: /^(RATE_LIMITED|TOO_MANY_ATTEMPTS)$/ });
  });

  test("an unknown login and a wrong password are answered alike, in words and in time", async () => {
    const tries = 5;
    const known = world.agent.login;
    const timed = async (login: string, address: number) => {
      const begin = process.hrtime.bigint();
      const answer = await jsonCall(cluster().gateway(0).url, {
        method: "AuthService/SignIn",
        body: { login, password: "not the password", shop: world.shop.id },
        headers: { "X-Forwarded-For": `203.0.113.${address}` },
      });
      const took = Number(process.hrtime.bigint() - begin) / 1e6;
      return { took, said: [answer.status, answer.code, answer.reason, answer.sentence] };
    };
    const answers = { known: [] as number[], unknown: [] as number[] };
    for (let i = 0; i < tries; ++i) {
      const wrong = await timed(known, i);
      const nobody = await timed(`nobody-${i}`, 100 + i);
      assert.deepEqual(wrong.said, nobody.said);
      answers.known.push(wrong.took);
      answers.unknown.push(nobody.took);
    }
    // The quickest of several: what the machine does besides only adds.
    const [a, b] = [Math.min(...answers.known), Math.min(...answers.unknown)];
    assert.ok(Math.max(a, b) < 2 * Math.min(a, b), `known ${a} ms, unknown ${b} ms`);
  });

  test("a shop that does not exist is answered as a wrong signature", async () => {
    const { auth } = clientsTo(cluster().gateway(0).url);
    const signed = world.shop.identity("customer", "Li");
    const wrong = await refused(auth.identifyBuyer({ ...signed, signature: "0".repeat(64) }));
    const nowhere = await refused(auth.identifyBuyer({ ...signed, shop: "no-such-shop" }));
    assert.deepEqual(
      [nowhere.code, nowhere.reason, nowhere.sentence],
      [wrong.code, wrong.reason, wrong.sentence],
    );
  });

  test("one buyer's token opens that buyer's conversation only", async () => {
    const other = await world.shop.guest();
    await openSession(other.at(cluster().gateway(0)), "mine");
    const mine = await world.buyer.at(cluster().gateway(0)).buyer.listMessages({});
    assert.equal(mine.entries.length, 0);
  });
});

function identityRows(): RefusalRow<World>[] {
  const identify = (body: Record<string, unknown>): JsonCall => ({
    method: "AuthService/IdentifyBuyer",
    body: { ...body, timestamp: String(body.timestamp) },
  });
  const bad = { code: "unauthenticated", reason: "BAD_SIGNATURE" };
  const now = () => Math.floor(Date.now() / 1000);
  return [
    { what: "an identity without a signature", call: ({ shop }) => identify({ ...shop.identity("c"), signature: "" }), ...bad },
    { what: "an identity with a wrong signature", call: ({ shop }) => identify({ ...shop.identity("c"), signature: "ab".repeat(32) }), ...bad },
    { what: "an identity signed for another buyer", call: ({ shop }) => identify({ ...shop.identity("c"), externalId: "d" }), ...bad },
    { what: "an identity signed for another name", call: ({ shop }) => identify({ ...shop.identity("c", "Li"), displayName: "Wang" }), ...bad },
    { what: "an identity signed at another time", call: ({ shop }) => identify({ ...shop.identity("c"), timestamp: now() - 1 }), ...bad },
    { what: "an identity under an unknown key", call: ({ shop }) => identify({ ...shop.identity("c"), keyId: "k_unknown" }), ...bad },
    { what: "an identity signed ten minutes ago", call: ({ shop }) => identify(shop.identity("c", "", now() - 600)), code: "unauthenticated", reason: "TIMESTAMP_OUT_OF_RANGE" },
    { what: "an identity signed for in ten minutes", call: ({ shop }) => identify(shop.identity("c", "", now() + 600)), code: "unauthenticated", reason: "TIMESTAMP_OUT_OF_RANGE" },
  ];
}

async function isRevoked(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return false;
  } catch (error) {
    const { code, reason } = refusalOf(error);
    assert.equal(code, Code.Unauthenticated);
    return reason === "TOKEN_REVOKED" || reason === "TOKEN_INVALID";
  }
}
