// The desk: the sessions on the left, the conversation in the middle, the buyer on the right.

import { Empty } from "antd";
import { useEffect, useState } from "react";
import { useDesk } from "../frame/at_work.js";
import { useSpeech } from "../frame/language.js";
import type { Session } from "../../gen/kefu/gateway/v1/session_pb.js";
import { Conversation } from "./conversation/conversation.js";
import { Visited } from "./conversation/visited.js";
import { Keys } from "./keys/keys.js";
import { Asked } from "./lists/asked.js";
import { Lists } from "./lists/lists.js";
import { Offers } from "./lists/offers.js";
import { OneLookPanels } from "./look/one_look.js";
import "./desk.css";

export default function DeskPage() {
  const { say } = useSpeech();
  const desk = useDesk();
  // A session of the queue or of somebody else that is looked at.
  const [visited, setVisited] = useState<Session>();
  const { current } = desk;
  const visit = (session: Session | undefined) => {
    setVisited(session);
    if (session) desk.choose(undefined);
  };
  useEffect(() => {
    if (current) setVisited(undefined);
  }, [current]);
  const shown = current?.session ?? visited;
  return (
    <main className="desk">
      <section className="left">
        <Offers />
        <Asked visit={visit} />
        <Lists visited={visited?.session} visit={visit} />
      </section>
      <section className="centre">
        {current && <Conversation key={current.session.session} held={current} />}
        {!current && visited && <Visited key={visited.session} session={visited} done={() => setVisited(undefined)} />}
        {!shown && <Empty className="nothing" description={say("choose")} />}
      </section>
      <section className="right">{shown && <OneLookPanels key={shown.conversation} session={shown} />}</section>
      <Keys />
    </main>
  );
}
