// The desk: the sessions on the left, the conversation in the middle, the buyer on the right.

import { Button, Empty } from "antd";
import { useCallback, useEffect, useState } from "react";
import { useDeskStore, useFromDesk, useMe } from "../frame/at_work.js";
import { leads } from "../frame/identity.js";
import { useSpeech } from "../frame/language.js";
import type { Session } from "../../gen/kefu/gateway/v1/session_pb.js";
import { Consulted } from "./conversation/consulted.js";
import { Conversation } from "./conversation/conversation.js";
import { Visited } from "./conversation/visited.js";
import { Keys } from "./keys/keys.js";
import { Asked } from "./lists/asked.js";
import { Lists } from "./lists/lists.js";
import { Offers } from "./lists/offers.js";
import { LookAt, OneLookPanels } from "./look/one_look.js";
import "./desk.css";

// What is looked at without being mine: a session of the queue or of somebody else, or what a colleague asks about.
type Visit = { readonly session: Session } | { readonly consult: string };

export default function DeskPage() {
  const { say } = useSpeech();
  const desk = useDeskStore();
  const lead = leads(useMe());
  const [visited, setVisited] = useState<Visit>();
  // Where there is no room for the right column, it comes when asked for.
  const [lookOpen, setLookOpen] = useState(false);
  const current = useFromDesk(({ current: held }) => held);
  const currentSession = useFromDesk(({ current: held }) => held?.session);
  const visit = useCallback(
    (next: Visit | undefined) => {
      setVisited(next);
      if (next) desk.choose(undefined);
    },
    [desk],
  );
  useEffect(() => {
    if (current) setVisited(undefined);
  }, [current]);
  const visitedSession = visited && "session" in visited ? visited.session : undefined;
  const visitedConsult = visited && "consult" in visited ? visited.consult : undefined;
  const consults = useFromDesk((from) => from.consults);
  const consult = current ? undefined : consults.find((one) => one.consult === visitedConsult);
  const shown = currentSession ?? visitedSession;
  // Others' conversations are for supervisors, and for who is asked about them.
  const looked = currentSession ?? (lead ? visitedSession : undefined);
  return (
    <main className="desk">
      <section className="left">
        <Offers />
        <Asked chosen={consult?.consult} choose={(one) => visit({ consult: one })} />
        <Lists visited={visitedSession?.session} visit={(session) => visit(session && { session })} />
      </section>
      <section className="centre">
        {current && <Conversation key={currentSession?.session} held={current} />}
        {!current && visitedSession && <Visited key={visitedSession.session} session={visitedSession} done={() => setVisited(undefined)} />}
        {consult && <Consulted key={consult.consult} consult={consult} />}
        {!shown && !consult && <Empty className="nothing" description={say("choose")} />}
      </section>
      {(looked || consult) && (
        <Button className="look-toggle" size="small" aria-expanded={lookOpen} onClick={() => setLookOpen(!lookOpen)}>
          {say("look")}
        </Button>
      )}
      <section className="right" data-open={lookOpen}>
        {looked && <OneLookPanels key={looked.conversation} session={looked} />}
        {consult && <LookAt key={consult.session} session={consult.session} />}
      </section>
      <Keys />
    </main>
  );
}
