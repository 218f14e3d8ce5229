// Who did what with more than everyday rights: a chain, so that a change or a removal in the middle shows.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Alert, Button, Input, Table, Tag } from "antd";
import { useEffect, useState } from "react";
import type { AuditEntry } from "../../gen/kefu/gateway/v1/admin_pb.js";
import { problemOf, type Problem } from "../../shared/problem.js";
import { useSpeech } from "../frame/language.js";
import { problemText } from "../texts.js";
import { firstBreak } from "./audit_chain.js";
import { roleText } from "./roles.js";
import { useAdmin } from "./use_admin.js";

const pageSize = 200;

export function Audit() {
  const { say, locale, language } = useSpeech();
  const admin = useAdmin();
  const [entries, setEntries] = useState<readonly AuditEntry[]>([]);
  const [whole, setWhole] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [search, setSearch] = useState("");
  // The log is read from its beginning: only then does the chain say anything.
  useEffect(() => {
    const life = new AbortController();
    const read = async () => {
      for (let afterSeq = 0n; ; ) {
        const page = await admin.listAuditEntries({ afterSeq, pageSize }, { signal: life.signal });
        if (life.signal.aborted) return;
        setEntries((known) => [...known, ...page.entries]);
        if (page.entries.length === 0) return setWhole(true);
        afterSeq = page.entries.at(-1)!.seq;
      }
    };
    setEntries([]);
    read().catch((error: unknown) => !life.signal.aborted && setProblem(problemOf(error)));
    return () => life.abort();
  }, [admin]);
  const broken = firstBreak(entries);
  const words = search.trim().toLowerCase();
  const shown = entries.filter(({ method, subject, request }) => `${method} ${subject} ${request}`.toLowerCase().includes(words)).reverse();
  const time = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  return (
    <>
      <header className="page-head">
        <h2>{say("auditLog")}</h2>
        {broken === undefined && whole && <Tag color="success">{say("chainWhole", { count: entries.length })}</Tag>}
        <Input.Search allowClear aria-label={say("find")} placeholder={say("find")} value={search} onChange={({ target }) => setSearch(target.value)} />
      </header>
      {problem && <Alert type="error" showIcon title={problemText(language, problem)} />}
      {broken !== undefined && <Alert type="error" showIcon title={say("chainBroken", { seq: broken })} />}
      <Table<AuditEntry>
        rowKey={({ seq }) => String(seq)}
        size="small"
        loading={!whole && !problem}
        dataSource={shown}
        pagination={{ pageSize: 50, hideOnSinglePage: true }}
        scroll={{ x: true }}
        expandable={{
          expandedRowRender: ({ request, requestId, hash }) => (
            <>
              <pre>{pretty(request)}</pre>
              <p className="faint">
                {requestId} · {hash}
              </p>
            </>
          ),
          expandIcon: ({ expanded, onExpand, record }) => (
            <Button size="small" type="text" aria-expanded={expanded} aria-label={`${say("details")} ${record.seq}`} onClick={(event) => onExpand(record, event)}>
              {expanded ? "−" : "+"}
            </Button>
          ),
        }}
        columns={[
          { title: "#", render: (_, { seq }) => String(seq), align: "end" },
          { title: say("time"), render: (_, entry) => entry.time && time.format(timestampMs(entry.time)) },
          { title: say("who"), render: (_, { role, subject }) => `${roleText(say, role)} ${subject}` },
          { title: say("what"), render: (_, { method }) => method.replace(/^kefu\.gateway\.v1\./, "") },
        ]}
      />
    </>
  );
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
