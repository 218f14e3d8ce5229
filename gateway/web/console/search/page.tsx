// What was said in the shop, and its sessions: found by words, agent and days; read in its place. Agents find their own.

import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { Alert, Button, Input, Segmented, Select } from "antd";
import { useMemo, useState } from "react";
import { Role } from "../../gen/kefu/options_pb.js";
import { RecordService } from "../../gen/kefu/records/v1/service_pb.js";
import { allAgents } from "../admin/agents_list.js";
import { useAdmin } from "../admin/use_admin.js";
import { dayOf, shifted } from "../figures/days.js";
import { useApi } from "../frame/api.js";
import { useMe } from "../frame/at_work.js";
import { leads } from "../frame/identity.js";
import { useSpeech } from "../frame/language.js";
import { useLoad } from "../frame/load.js";
import { problemText } from "../texts.js";
import { Found } from "./found.js";
import { Reading, type Place } from "./reading.js";
import { SessionsFound } from "./sessions.js";
import { usePages } from "./use_pages.js";
import "./search.css";

type What = "transcripts" | "sessions";

// The beginning of a day where the viewer is.
const beginOf = (day: string) => timestampFromDate(new Date(`${day}T00:00:00`));

export default function SearchPage() {
  const { say, language } = useSpeech();
  const { transport } = useApi();
  const admin = useAdmin();
  const me = useMe();
  const isAgent = me.role === Role.AGENT;
  const mayRead = isAgent || leads(me);
  const records = useMemo(() => createClient(RecordService, transport), [transport]);
  const [what, setWhat] = useState<What>("transcripts");
  const [query, setQuery] = useState("");
  const [agent, setAgent] = useState("");
  const [from, setFrom] = useState(() => shifted(dayOf(new Date()), -30));
  const [to, setTo] = useState(() => dayOf(new Date()));
  const [place, setPlace] = useState<Place>();
  const agents = useLoad(async (signal) => (isAgent ? [] : await allAgents(admin, signal)), [admin, isAgent]);
  const names = useMemo(() => new Map(isAgent ? [[me.agent, me.name]] : (agents.value ?? []).map((one) => [one.agent, one.displayName])), [agents.value, isAgent, me]);
  const span = { agent, fromTime: beginOf(from), toTime: beginOf(shifted(to, 1)) };
  const hits = usePages(
    async (pageToken, signal) => {
      const page = await records.searchTranscripts({ ...span, query, pageToken }, { signal });
      return { items: page.hits, next: page.nextPageToken };
    },
    what === "transcripts" && query !== "" ? [records, query, agent, from, to] : undefined,
  );
  const sessions = usePages(
    async (pageToken, signal) => {
      const page = await records.listSessions({ ...span, pageToken }, { signal });
      return { items: page.sessions, next: page.nextPageToken };
    },
    what === "sessions" ? [records, agent, from, to] : undefined,
  );
  const shown = what === "transcripts" ? hits : sessions;
  const read = mayRead ? setPlace : undefined;
  return (
    <main className="page">
      <header className="page-head">
        <h2>{say("search")}</h2>
        <Segmented<What>
          value={what}
          onChange={setWhat}
          options={[
            { value: "transcripts", label: say("transcripts") },
            { value: "sessions", label: say("sessionList") },
          ]}
        />
      </header>
      <div className="filters">
        {what === "transcripts" && (
          <Input.Search allowClear maxLength={200} aria-label={say("search")} placeholder={say("searchWords")} onSearch={(words) => setQuery(words.trim())} />
        )}
        {!isAgent && (
          <Select
            aria-label={say("agent")}
            showSearch={{ optionFilterProp: "label" }}
            value={agent}
            onChange={setAgent}
            options={[{ value: "", label: say("anyAgent") }, ...[...names].map(([value, label]) => ({ value, label }))]}
          />
        )}
        <label>
          {say("fromDay")} <Input type="date" value={from} max={to} onChange={({ target }) => target.value !== "" && setFrom(target.value)} />
        </label>
        <label>
          {say("toDay")} <Input type="date" value={to} min={from} onChange={({ target }) => target.value !== "" && setTo(target.value)} />
        </label>
      </div>
      {shown.problem && <Alert type="error" showIcon title={problemText(language, shown.problem)} />}
      <div className={place ? "beside" : undefined}>
        <div>
          {shown.items?.length === 0 && <p className="faint">{say("nothingFound")}</p>}
          {what === "transcripts" ? (
            <Found hits={hits.items ?? []} names={names} {...(read ? { read } : {})} />
          ) : (
            <SessionsFound sessions={sessions.items ?? []} names={names} {...(read ? { read } : {})} />
          )}
          {shown.more && (
            <Button loading={shown.busy} onClick={shown.more}>
              {say("more")}
            </Button>
          )}
        </div>
        {place && <Reading key={`${place.conversation} ${place.seq}`} place={place} close={() => setPlace(undefined)} />}
      </div>
    </main>
  );
}
