// Everything for one who has signed in: the services to call, and the desk with its stream.

import { create } from "@bufbuild/protobuf";
import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import { AgentSendMessageRequestSchema } from "../../gen/kefu/gateway/v1/agent_pb.js";
import { newRequestId } from "../../shared/api.js";
import { joinFeed } from "../live/channel.js";
import { Desk } from "../live/desk.js";
import type { Held } from "../live/held.js";
import { ApiContext, createApi, type Api } from "./api.js";
import { forget, gateway, serves, type SignedIn } from "./identity.js";

const SignedInContext = createContext<SignedIn | undefined>(undefined);
const DeskContext = createContext<Desk | undefined>(undefined);

function deskOf(api: Api): Desk {
  return new Desk({
    newRequestId,
    send: async ({ session: { session, fence } }, content, requestId) => {
      await api.agent.sendMessage(create(AgentSendMessageRequestSchema, { requestId, session, fence, content }));
    },
    tellTyping: ({ session: { conversation } }, typing) => {
      // The next notice makes up for one that gets lost.
      api.agent.setTyping({ conversation, typing }).catch(() => undefined);
    },
    // A hidden page draws nothing, but its title and counters go on.
    soon: (work) => (document.visibilityState === "visible" ? requestAnimationFrame(work) : setTimeout(work, 200)),
  });
}

export function AtWork({ signedIn, onRefused, children }: { signedIn: SignedIn; onRefused(): void; children: ReactNode }) {
  const api = useMemo(() => createApi(signedIn.token), [signedIn.token]);
  const [desk, setDesk] = useState<Desk>();
  useEffect(() => {
    const next = deskOf(api);
    setDesk(next);
    if (!serves(signedIn)) return;
    return joinFeed(gateway, signedIn.token, (told) => {
      next.take(told);
      if (told.kind !== "refused") return;
      onRefused();
      forget();
    });
  }, [api, signedIn.token]);
  if (!desk) return null;
  return (
    <SignedInContext.Provider value={signedIn}>
      <ApiContext.Provider value={api}>
        <DeskContext.Provider value={desk}>{children}</DeskContext.Provider>
      </ApiContext.Provider>
    </SignedInContext.Provider>
  );
}

export function useMe(): SignedIn {
  const me = useContext(SignedInContext);
  if (!me) throw new Error("nobody has signed in");
  return me;
}

// The desk, for what is done with it: whoever asks is not drawn again when it changes.
export function useDeskStore(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("nobody has signed in");
  return desk;
}

// The desk; whoever asks is drawn again with every change of it, which may be with every picture of the screen.
export function useDesk(): Desk {
  const desk = useDeskStore();
  useSyncExternalStore(desk.subscribe, () => desk.revision);
  return desk;
}

// What `read` finds at the desk, the same as long as it has not changed; whoever asks is drawn again when it does.
export function useFromDesk<Value>(read: (desk: Desk) => Value): Value {
  const desk = useDeskStore();
  return useSyncExternalStore(desk.subscribe, () => read(desk));
}

// Whoever asks is drawn again when this conversation changes.
export function useChanges(held: Held | undefined): void {
  useFromDesk(() => held?.revision);
}
