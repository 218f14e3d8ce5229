// Who works for the shop: people with logins, and programs.

import { Button, Input, Table, Tag } from "antd";
import { useState } from "react";
import type { Agent } from "../../gen/kefu/gateway/v1/admin_pb.js";
import { useSpeech } from "../frame/language.js";
import { Shown, useLoad } from "../frame/load.js";
import { AgentForm, NewAgentForm, SkillsForm } from "./agent_forms.js";
import { allAgents } from "./agents_list.js";
import { roleText } from "./roles.js";
import { useAdmin } from "./use_admin.js";

type Dialog = { readonly kind: "new" } | { readonly kind: "change" | "skills"; readonly agent: Agent };

export function People() {
  const { say } = useSpeech();
  const admin = useAdmin();
  const [dialog, setDialog] = useState<Dialog>();
  const [search, setSearch] = useState("");
  const agents = useLoad((signal) => allAgents(admin, signal), [admin]);
  const close = (saved: boolean) => {
    setDialog(undefined);
    if (saved) agents.again();
  };
  const matches = ({ displayName, login }: Agent) => `${displayName} ${login}`.toLowerCase().includes(search.trim().toLowerCase());
  return (
    <>
      <header className="page-head">
        <h2>{say("people")}</h2>
        <span className="buttons">
          <Input.Search allowClear aria-label={say("find")} placeholder={say("find")} value={search} onChange={({ target }) => setSearch(target.value)} />
          <Button type="primary" onClick={() => setDialog({ kind: "new" })}>
            {say("newAgent")}
          </Button>
        </span>
      </header>
      <Shown loaded={agents}>
        {(all) => (
          <Table<Agent>
            rowKey="agent"
            size="small"
            dataSource={all.filter(matches)}
            pagination={{ pageSize: 50, hideOnSinglePage: true }}
            scroll={{ x: true }}
            columns={[
              { title: say("name"), render: (_, { displayName, disabled }) => <>{displayName} {disabled && <Tag color="error">{say("disabled")}</Tag>}</> },
              { title: say("login"), render: (_, { login, program }) => (program ? <Tag>{say("program")}</Tag> : login) },
              { title: say("role"), render: (_, { role }) => roleText(say, role) },
              { title: say("capacity"), dataIndex: "capacity", align: "end" },
              { title: say("skills"), render: (_, { skills }) => Object.entries(skills).map(([skill, level]) => <Tag key={skill}>{`${skill} ${level}`}</Tag>) },
              { title: say("languages"), render: (_, { languages }) => languages.join(", ") },
              { title: say("hours"), dataIndex: "hours" },
              {
                title: say("actions"),
                render: (_, agent) => (
                  <span className="buttons">
                    <Button size="small" aria-label={`${say("change")} ${agent.displayName}`} onClick={() => setDialog({ kind: "change", agent })}>
                      {say("change")}
                    </Button>
                    <Button size="small" aria-label={`${say("skills")} ${agent.displayName}`} onClick={() => setDialog({ kind: "skills", agent })}>
                      {say("skills")}
                    </Button>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Shown>
      {dialog?.kind === "new" && <NewAgentForm close={close} />}
      {dialog?.kind === "change" && <AgentForm agent={dialog.agent} close={close} />}
      {dialog?.kind === "skills" && <SkillsForm agent={dialog.agent} close={close} />}
    </>
  );
}
