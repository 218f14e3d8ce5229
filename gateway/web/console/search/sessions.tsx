// Sessions, newest first.

import { Button, Table } from "antd";
import { useState } from "react";
import type { SessionRow } from "../../gen/kefu/records/v1/service_pb.js";
import { Why } from "../desk/conversation/why.js";
import { momentText, spanText } from "../desk/times.js";
import { useSpeech } from "../frame/language.js";
import type { Place } from "./reading.js";

interface Props {
  readonly sessions: readonly SessionRow[];
  readonly names: ReadonlyMap<string, string>;
  read?(place: Place): void;
}

export function SessionsFound({ sessions, names, read }: Props) {
  const { say, locale } = useSpeech();
  const [asked, setAsked] = useState<string>();
  return (
    <>
      <Table<SessionRow>
        rowKey="session"
        size="small"
        dataSource={[...sessions]}
        pagination={false}
        scroll={{ x: true }}
        locale={{ emptyText: say("nothingFound") }}
        columns={[
          { title: say("opened"), render: (_, { openTime }) => momentText(locale, openTime) },
          { title: say("ended"), render: (_, { closeTime }) => momentText(locale, closeTime) || "–" },
          { title: say("agent"), render: (_, { agent }) => (agent === "" ? "–" : (names.get(agent) ?? agent)) },
          { title: say("firstResponseMean"), align: "end", render: (_, { answered, firstResponseMs }) => (answered ? spanText(Number(firstResponseMs)) : "–") },
          { title: say("messagesOf"), align: "end", render: (_, { buyerMessages, agentMessages }) => `${buyerMessages} / ${agentMessages}` },
          { title: say("stars"), align: "end", render: (_, { stars }) => (stars === 0 ? "–" : "★".repeat(stars)) },
          {
            title: say("actions"),
            render: (_, { session, conversation }) => (
              <>
                {read && (
                  <Button size="small" type="link" onClick={() => read({ conversation, seq: undefined })}>
                    {say("readIt")}
                  </Button>
                )}
                <Button size="small" type="link" onClick={() => setAsked(session)}>
                  {say("why")}
                </Button>
              </>
            ),
          },
        ]}
      />
      {asked !== undefined && <Why session={asked} close={() => setAsked(undefined)} />}
    </>
  );
}
