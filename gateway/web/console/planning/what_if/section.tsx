// What if: the shop's staff and its routing, as it is and otherwise, with arrivals that were or that are made up.

import { toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { Alert, Button, Drawer, Form, InputNumber, Progress, Segmented, Select } from "antd";
import { useMemo, useState } from "react";
import type { Agent } from "../../../gen/kefu/gateway/v1/admin_pb.js";
import { RoutingConfigSchema, RoutingConfigService, type RoutingConfig } from "../../../gen/kefu/gateway/v1/routing_config_pb.js";
import { WhatIfTime_Shape } from "../../../gen/kefu/gateway/v1/what_if_pb.js";
import { allAgents } from "../../admin/agents_list.js";
import { RoutingDocument } from "../../admin/routing_document.js";
import { useAdmin } from "../../admin/use_admin.js";
import { dayOf, shifted } from "../../figures/days.js";
import { useApi } from "../../frame/api.js";
import { useSave } from "../../frame/form_dialog.js";
import { useSpeech } from "../../frame/language.js";
import { Shown, useLoad } from "../../frame/load.js";
import { NumberItem } from "../inputs.js";
import { ArrivalItems, useArrivals, type ArrivalFields } from "./arrival_items.js";
import { Outcome } from "./outcome.js";
import { useCompare, type CompareInit } from "./use_compare.js";

type Other = "none" | "fifo" | "changed";

interface Fields extends ArrivalFields {
  readonly other: Other;
  readonly staff: string[];
  readonly like: string | undefined;
  readonly more: number;
  readonly service: number;
  readonly patience: number | null;
  readonly thresholdS: number;
  readonly repetitions: number;
  readonly seed: number;
}

const bytesOf = (config: RoutingConfig): string => toBinary(RoutingConfigSchema, { ...config, etag: "" }).join();

export function WhatIf() {
  const { say } = useSpeech();
  const { transport } = useApi();
  const admin = useAdmin();
  const routing = useMemo(() => createClient(RoutingConfigService, transport), [transport]);
  const loaded = useLoad(
    async (signal) => {
      const [{ config }, agents] = await Promise.all([routing.getRoutingConfig({}, { signal }), allAgents(admin, signal)]);
      return { config, agents: agents.filter(({ disabled, capacity }) => !disabled && capacity > 0) };
    },
    [routing, admin],
  );
  return (
    <>
      <header className="page-head">
        <h2>{say("whatIf")}</h2>
      </header>
      <p className="faint">{say("whatIfHint")}</p>
      <Shown loaded={loaded}>{({ config, agents }) => <Experiment stored={config} agents={agents} />}</Shown>
    </>
  );
}

function Experiment({ stored, agents }: { stored: RoutingConfig | undefined; agents: readonly Agent[] }) {
  const { say } = useSpeech();
  const [form] = Form.useForm<Fields>();
  const other = Form.useWatch("other", form);
  const [changed, setChanged] = useState(stored);
  const [editing, setEditing] = useState(false);
  const arrivals = useArrivals();
  const { compare, stop, progress, comparison } = useCompare();
  const { save, busy, refused } = useSave(form);
  const named = agents.map(({ agent, displayName }) => ({ value: agent, label: displayName || agent }));
  const initial: Fields = {
    other: "fifo",
    source: "made",
    arrivalsPerHour: 60,
    hours: 8,
    begin: `${shifted(dayOf(new Date()), 1)}T09:00`,
    day: shifted(dayOf(new Date()), -1),
    staff: agents.map(({ agent }) => agent),
    like: agents[0]?.agent,
    more: 0,
    service: 300,
    patience: 180,
    thresholdS: 20,
    repetitions: 5,
    seed: 1,
  };
  const isSame = stored !== undefined && changed !== undefined && bytesOf(stored) === bytesOf(changed);
  const run = (fields: Fields) =>
    save(async () => {
      const exponential = (meanS: number) => ({ shape: WhatIfTime_Shape.EXPONENTIAL, meanS });
      const policy = (name: string, config: RoutingConfig | undefined) => ({ name, ...(config ? { config } : {}) });
      const request: CompareInit = {
        policies: [
          policy(say("asItIs"), stored),
          ...(fields.other === "fifo" ? [policy(say("fifo"), undefined)] : fields.other === "changed" ? [policy(say("changedRouting"), changed)] : []),
        ],
        service: exponential(fields.service),
        ...(fields.patience === null ? {} : { patience: exponential(fields.patience) }),
        staff: staffOf(agents, fields),
        thresholdS: fields.thresholdS,
        repetitions: fields.repetitions,
        seed: BigInt(Math.max(0, Math.round(fields.seed))),
      };
      await compare(async (signal) => ({ ...request, arrivals: await arrivals(fields, signal) }));
    });
  return (
    <>
      <Form<Fields> form={form} layout="vertical" className="inputs" initialValues={initial} disabled={busy} onFinish={(fields) => void run(fields)}>
        <ArrivalItems form={form} />
        <NumberItem name="service" label="handlingTime" unit="secondsUnit" />
        <NumberItem name="patience" label="patience" unit="secondsUnit" empty="forEver" />
        <Form.Item name="staff" label={say("whoServes")} className="wide" rules={[{ required: true, message: say("required") }]}>
          <Select mode="multiple" maxTagCount="responsive" showSearch={{ optionFilterProp: "label" }} options={named} />
        </Form.Item>
        <Form.Item name="more" label={say("moreAgents")}>
          <InputNumber min={0} max={5000} precision={0} />
        </Form.Item>
        <Form.Item name="like" label={say("likeAgent")}>
          <Select showSearch={{ optionFilterProp: "label" }} options={named} />
        </Form.Item>
        <NumberItem name="thresholdS" label="answeredWithin" unit="secondsUnit" />
        <NumberItem name="repetitions" label="repetitions" />
        <NumberItem name="seed" label="seed" />
        <Form.Item name="other" label={say("comparedWith")} className="wide">
          <Segmented<Other>
            options={[
              { value: "none", label: say("withNothing") },
              { value: "fifo", label: say("fifo") },
              { value: "changed", label: say("changedRouting") },
            ]}
          />
        </Form.Item>
        {other === "changed" && changed && (
          <p className="wide">
            <Button onClick={() => setEditing(true)}>{say("changeRouting")}</Button> {isSame && <span className="faint">{say("notChangedYet")}</span>}
          </p>
        )}
        <Button type="primary" htmlType="submit" loading={busy}>
          {say("tryIt")}
        </Button>
      </Form>
      {refused}
      {busy && (
        <div className="progress">
          <Progress aria-label={say("tryIt")} percent={progress} />
          <Button onClick={stop}>{say("stop")}</Button>
        </div>
      )}
      {comparison && !busy && <Outcome comparison={comparison} />}
      {changed && (
        <Drawer title={say("changedRouting")} open={editing} size="large" onClose={() => setEditing(false)}>
          <Alert type="info" showIcon title={say("changesNothing")} />
          <RoutingDocument config={changed} agents={named} change={setChanged} />
        </Drawer>
      )}
    </>
  );
}

function staffOf(agents: readonly Agent[], { staff, like, more }: Fields): CompareInit["staff"] & object {
  const as = ({ capacity, skills, languages }: Agent) => ({ capacity, skills, languages: [...languages] });
  const chosen = agents.filter(({ agent }) => staff.includes(agent)).map((agent) => ({ agent: agent.agent, ...as(agent) }));
  const model = agents.find(({ agent }) => agent === like);
  return more > 0 && model ? [...chosen, { agent: `${model.agent}-more`, count: more, ...as(model) }] : chosen;
}
