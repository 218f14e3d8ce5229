// The groups, as they stand and over the shop's day.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { GroupBoard } from "../../gen/kefu/gateway/v1/board_pb.js";
import { spanText, useNow } from "../desk/times.js";
import { urgency } from "../desk/lists/sorting.js";
import { useSpeech } from "../frame/language.js";
import type { TextKey } from "../texts.js";

const columns: readonly TextKey[] = [
  "group", "waiting", "longestWait", "offered", "active", "wrap", "onlineAgents", "served", "inTime", "missedOffers", "abandoned", "gaveUp",
];

export function Groups({ groups }: { groups: readonly GroupBoard[] }) {
  const { locale, say } = useSpeech();
  const now = useNow();
  const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  return (
    <section>
      <h2>{say("groups")}</h2>
      <div className="scroll" tabIndex={0} role="region" aria-label={say("groups")}>
        <table>
          <thead>
            <tr>
              {columns.map((key) => (
                <th key={key} scope="col">
                  {say(key)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => {
              const waits = group.oldestEnqueueTime ? now - timestampMs(group.oldestEnqueueTime) : undefined;
              return (
                <tr key={group.group} data-group={group.group}>
                  <th scope="row">{group.displayName || group.group}</th>
                  <td>{group.waiting}</td>
                  <td>{waits === undefined ? "–" : <time data-urgency={urgency(waits)}>{spanText(waits)}</time>}</td>
                  <td>{group.offered}</td>
                  <td>{group.active}</td>
                  <td>{group.wrapUp}</td>
                  <td>{group.online}</td>
                  <td>{group.servedToday}</td>
                  <td>{group.servedToday === 0 ? "–" : share.format(group.servedInTimeToday / group.servedToday)}</td>
                  <td>{group.missedOffersToday}</td>
                  <td>{group.abandonedToday}</td>
                  <td>{group.waitedTooLongToday}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
