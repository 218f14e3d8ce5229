// The right column: everything about the buyer in one call, and what is missing of it by name.

import { Alert, Button, Collapse } from "antd";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useApi } from "../../frame/api.js";
import { useFromDesk } from "../../frame/at_work.js";
import { useSpeech } from "../../frame/language.js";
import { Shown, useLoad } from "../../frame/load.js";
import type { Say } from "../../texts.js";
import { panels, services } from "./panels.js";

// A service that a newer release knows is shown by its name.
const serviceText = (say: Say, service: string): string => (service in services ? say(services[service as keyof typeof services]) : service);

// Beside a session of which only the name is known.
export function LookAt({ session }: { session: string }) {
  const { agent } = useApi();
  const found = useLoad(async (signal) => await agent.getSession({ session }, { signal }), [agent, session]);
  return <Shown loaded={found}>{(one) => <OneLookPanels session={one} />}</Shown>;
}

export function OneLookPanels({ session }: { session: Session }) {
  const { say } = useSpeech();
  const { oneLook } = useApi();
  const { conversation } = session;
  const held = useFromDesk((desk) => desk.mine(conversation));
  // Cases and parcels tell of themselves by cards and lines in the conversation.
  const news = useFromDesk(() => held?.view.entries.findLast(({ content }) => content?.kind.case === "case" || content?.kind.case === "system")?.seq);
  const found = useLoad(async (signal) => await oneLook.getOneLook({ conversation }, { signal }), [oneLook, conversation, news]);
  return (
    <aside className="look" aria-label={say("look")}>
      <Shown loaded={found}>
        {(look) => (
          <>
            {look.gaps.length > 0 && (
              <Alert
                type="warning"
                showIcon
                title={say("gap", { service: look.gaps.map(({ service }) => serviceText(say, service)).join(say("listComma")) })}
                action={
                  <Button size="small" onClick={found.again}>
                    {say("retry")}
                  </Button>
                }
              />
            )}
            <Collapse
              ghost
              defaultActiveKey={panels.map(({ key }) => key)}
              items={panels.map(({ key, title, service, count, Panel }) => {
                const missing = look.gaps.some((gap) => gap.service === service);
                return {
                  key,
                  label: count && !missing ? `${say(title)} ${count(look)}` : say(title),
                  children: missing ? (
                    <p className="faint">{say("gapHere")}</p>
                  ) : (
                    <Panel look={look} session={session} held={held} again={found.again} />
                  ),
                };
              })}
            />
          </>
        )}
      </Shown>
    </aside>
  );
}
