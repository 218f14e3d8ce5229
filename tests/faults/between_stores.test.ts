// A gateway dies between its two stores, at every step of open, transfer, close, hold and consult. Whatever step it was:
// in the end the session is owned by exactly one agent or waits, loads are what is held, and no former owner gets a word
// in.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { SystemLine_Kind } from "../gen/kefu/common/v1/entry_pb.js";
import { openSession } from "../support/chat.js";
import { refusalOf } from "../support/clients.js";
import { requestId, text } from "../support/people.js";
import { bodyOf, heldSession } from "../support/streams.js";
import { eventually } from "../support/wait.js";
import { type World, openedChat, withFailpoint } from "./dying_gateway.js";

describe("a gateway that dies between the stores", () => {
  for (const step of ["after_inquiry", "after_arrive", "after_fence"]) {
    test(`while opening, ${step}: the session is served once, by one agent`, async () => {
      await withFailpoint(`gateway.open.${step}`, async (world) => {
        const buyer = await world.shop.guest();
        await world.arm();
        const id = requestId();
        const request = { requestId: id, content: text("hello") };
        await world.dies(buyer.at(world.cluster.gateway(0)).buyer.openSession(request));

        const again = await buyer.at(world.cluster.gateway(1)).buyer.openSession(request);
        assert.equal(again.entry!.requestId, id);
        const live = await world.agreement(again.session);
        assert.ok(live, "the session is known to routing");
        await eventually("an agent to have it", async () => (await world.agreement(again.session))!.agent !== "");
        const owned = (await world.agreement(again.session))!;
        await world.ownerSpeaks(owned);
        assert.deepEqual(await world.owners(again.conversation), [owned.agent]);
        const { entries } = await buyer.at(world.cluster.gateway(1)).buyer.listMessages({});
        assert.equal(entries.filter((entry) => entry.requestId === id).length, 1);
        await world.end();
      });
    });
  }

  test("while opening, and the buyer does not try again: the session is served all the same", async () => {
    await withFailpoint("gateway.open.after_inquiry", async (world) => {
      const buyer = await world.shop.guest();
      await world.arm();
      const request = { requestId: requestId(), content: text("hello") };
      await world.dies(buyer.at(world.cluster.gateway(0)).buyer.openSession(request));
      const { openSession: session } = await buyer.at(world.cluster.gateway(1)).buyer.getState({});
      assert.notEqual(session, "");
      await eventually("an agent to have it", async () => {
        const live = (await world.liveSessions()).find((s) => s.session === session);
        return live !== undefined && live.agent !== "";
      });
      await world.ownerSpeaks((await world.agreement(session))!);
      await world.end();
    });
  });

  for (const step of ["after_route", "after_fence"]) {
    for (const named of [true, false]) {
      test(`while transferring ${named ? "to an agent" : "to the queue"}, ${step}: one agent has it, the former one is silent`, async () => {
        await withFailpoint(`gateway.transfer.${step}`, async (world) => {
          const { session, conversation, owner, fence } = await openedChat(world);
          const other = world.other(owner);
          await world.arm();
          const toAgent = named ? other.id : "";
          const dying = owner.staff.at(world.cluster.gateway(0)).agent;
          await world.dies(dying.transferSession({ requestId: requestId(), session, fence, toAgent }));

          await eventually("the other agent to have it", async () => (await world.agreement(session))?.agent === other.id);
          const live = (await world.agreement(session))!;
          assert.ok(live.fence > fence);
          const late = await owner.say(session, fence, "a word of the former owner").then(
            () => "accepted",
            (error: unknown) => refusalOf(error).reason,
          );
          assert.equal(late, "STALE_FENCE");
          await world.ownerSpeaks(live);
          const { entries } = await world.survivor.agent.listMessages({ conversation, pageSize: 500 });
          assert.ok(!entries.some((entry) => bodyOf(entry) === "a word of the former owner"));
          assert.deepEqual(await world.owners(conversation), [owner.id, other.id]);
          await world.end();
        });
      });
    }
  }

  for (const step of ["after_inquiry", "after_complete"]) {
    test(`while closing, ${step}: the session is closed once, and its slot is free`, async () => {
      await withFailpoint(`gateway.close.${step}`, async (world) => {
        const { clients, session, conversation, owner, fence } = await openedChat(world);
        await world.arm();
        const request = { requestId: requestId(), session, fence, lastSeenSeq: 100n, reason: "solved" };
        await world.dies(owner.staff.at(world.cluster.gateway(0)).agent.closeSession(request));

        await eventually("the slot to be free", async () => {
          const { agents } = await world.survivor.agent.listAgentStates({});
          return agents.every(({ used }) => used === 0);
        });
        assert.equal(await world.agreement(session), undefined, "no live session is left");
        await owner.staff.at(world.cluster.gateway(1)).agent.closeSession(request);
        assert.equal(await lines(world, conversation, SystemLine_Kind.SESSION_CLOSED), 1);
        const next = await openSession(clients, "another question");
        assert.notEqual(next.session, session);
        await eventually("the next session to be served", async () => (await world.agreement(next.session))?.agent !== "");
        await world.end();
      });
    });
  }

  for (const step of ["after_line", "after_route"]) {
    test(`while putting on hold, ${step}: asked again it is on hold, said once, and goes on with the buyer's word`, async () => {
      await withFailpoint(`gateway.hold.${step}`, async (world) => {
        const { clients, session, conversation, owner, fence } = await openedChat(world);
        await world.arm();
        const request = { requestId: requestId(), session, fence };
        await world.dies(owner.staff.at(world.cluster.gateway(0)).agent.holdSession(request));

        const again = await owner.staff.at(world.cluster.gateway(1)).agent.holdSession(request);
        assert.equal(again.session?.held, true);
        await heldSession(owner.stream, session, (s) => s.held);
        assert.equal(await lines(world, conversation, SystemLine_Kind.HELD), 1);
        await clients.buyer.sendMessage({ requestId: requestId(), session, content: text("I am back") });
        await heldSession(owner.stream, session, (s) => !s.held && s.version > again.session!.version);
        await world.ownerSpeaks((await world.agreement(session))!);
        await world.end();
      });
    });
  }

  test("while putting on hold, and nobody asks again: it is on hold for all, and goes on with the buyer's word", async () => {
    await withFailpoint("gateway.hold.after_route", async (world) => {
      const { clients, session, owner, fence } = await openedChat(world);
      await world.arm();
      await world.dies(owner.staff.at(world.cluster.gateway(0)).agent.holdSession({ requestId: requestId(), session, fence }));
      const held = await heldSession(owner.stream, session, (s) => s.held);
      await clients.buyer.sendMessage({ requestId: requestId(), session, content: text("I am back") });
      await heldSession(owner.stream, session, (s) => !s.held && s.version > held.version);
      await world.end();
    });
  });

  test("while a colleague is asked, after_start: asked again the question stands once, and the answer arrives", async () => {
    await withFailpoint("gateway.consult.after_start", async (world) => {
      const { session, conversation, owner, fence } = await openedChat(world);
      const colleague = world.other(owner);
      await world.arm();
      const request = { requestId: requestId(), session, fence, agent: colleague.id, question: "does it fit?" };
      await world.dies(owner.staff.at(world.cluster.gateway(0)).agent.startConsult(request));

      const { consult } = await owner.staff.at(world.cluster.gateway(1)).agent.startConsult(request);
      await colleague.stream.entry((entry) => bodyOf(entry) === "does it fit?");
      const { entries } = await colleague.clients.agent.listMessages({ conversation });
      assert.equal(entries.filter((entry) => bodyOf(entry) === "does it fit?").length, 1);
      await colleague.clients.agent.writeConsult({ requestId: requestId(), session, consult: consult!.consult, text: "it does" });
      await owner.stream.entry((entry) => bodyOf(entry) === "it does");
      await world.ownerSpeaks((await world.agreement(session))!);
      await world.end();
    });
  });

  test("while a colleague is asked, and nobody asks again: the colleague's part ends with the session", async () => {
    await withFailpoint("gateway.consult.after_start", async (world) => {
      const { session, conversation, owner, fence } = await openedChat(world);
      const colleague = world.other(owner);
      await world.arm();
      const request = { requestId: requestId(), session, fence, agent: colleague.id, question: "does it fit?" };
      await world.dies(owner.staff.at(world.cluster.gateway(0)).agent.startConsult(request));
      await colleague.clients.agent.listMessages({ conversation });
      await owner.closeSession(session, fence, 100n);
      await eventually("the colleague to read no more", async () => {
        const reading = colleague.clients.agent.listMessages({ conversation });
        return (await reading.then(() => "", (error: unknown) => refusalOf(error).reason)) === "NO_SUCH_CONVERSATION";
      });
      assert.equal(await world.agreement(session), undefined);
      await world.end();
    });
  });
});

async function lines(world: World, conversation: string, kind: SystemLine_Kind): Promise<number> {
  const { entries } = await world.survivor.agent.listMessages({ conversation, pageSize: 500 });
  return entries.filter(({ content }) => content?.kind.case === "system" && content.kind.value.kind === kind).length;
}
