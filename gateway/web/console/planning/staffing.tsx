// How many agents a load needs: what a number of agents makes of it, beside a few more and a few fewer.

import { createClient } from "@connectrpc/connect";
import { Alert, Button, Form, Table } from "antd";
import { useMemo, useState } from "react";
import { Sharing, StaffingService, type CalculateStaffingResponse } from "../../gen/kefu/gateway/v1/staffing_pb.js";
import { useApi } from "../frame/api.js";
import { Chart } from "../frame/chart.js";
import { useSave } from "../frame/form_dialog.js";
import { useSpeech } from "../frame/language.js";
import { ConcurrencyItems, given, NumberItem } from "./inputs.js";
import { usePerformanceColumns } from "./performance.js";

interface Fields {
  readonly arrivalsPerHour: number;
  readonly ahtS: number;
  readonly agents: number;
  readonly targetS: number | null;
  readonly patienceS: number | null;
  readonly chatsPerAgent: number;
  readonly sharing: Sharing;
}

interface Row {
  readonly agents: number;
  readonly performance: CalculateStaffingResponse["performance"];
}

interface Answer {
  readonly asked: number;
  readonly trafficErlang: number;
  readonly stableAgents: number;
  readonly rows: readonly Row[];
}

// The first case of reference: a service level of 88.8 %.
const initial: Fields = { arrivalsPerHour: 200, ahtS: 180, agents: 14, targetS: 20, patienceS: null, chatsPerAgent: 1, sharing: Sharing.NONE };
// So many fewer and more are shown.
const around = 4;

export function Staffing() {
  const { say, locale } = useSpeech();
  const { transport } = useApi();
  const service = useMemo(() => createClient(StaffingService, transport), [transport]);
  const [form] = Form.useForm<Fields>();
  const { save, busy, refused } = useSave(form);
  const [answer, setAnswer] = useState<Answer>();
  const calculate = (fields: Fields) =>
    save(async () => {
      const { targetS, patienceS, ...rest } = fields;
      const of = (agents: number) => service.calculateStaffing({ ...rest, agents, ...given("targetS", targetS), ...given("patienceS", patienceS) });
      // The one that was asked for first: what is wrong is said once.
      const middle = await of(fields.agents);
      const numbers = Array.from({ length: 2 * around + 1 }, (_, i) => fields.agents - around + i).filter((agents) => agents >= 1);
      const rows = await Promise.all(
        numbers.map(async (agents) => ({ agents, performance: (agents === fields.agents ? middle : await of(agents)).performance })),
      );
      setAnswer({ asked: fields.agents, trafficErlang: middle.trafficErlang, stableAgents: middle.stableAgents, rows });
    });
  return (
    <>
      <header className="page-head">
        <h2>{say("staffing")}</h2>
      </header>
      <p className="faint">{say("staffingHint")}</p>
      <Form<Fields> form={form} layout="vertical" className="inputs" initialValues={initial} onFinish={(fields) => void calculate(fields)}>
        <NumberItem name="arrivalsPerHour" label="arrivalsPerHour" />
        <NumberItem name="ahtS" label="handlingTime" unit="secondsUnit" />
        <NumberItem name="agents" label="agentsAtWork" />
        <NumberItem name="targetS" label="answeredWithin" unit="secondsUnit" empty="notAsked" />
        <NumberItem name="patienceS" label="patience" unit="secondsUnit" empty="forEver" />
        <ConcurrencyItems />
        <Button type="primary" htmlType="submit" loading={busy}>
          {say("calculate")}
        </Button>
      </Form>
      {refused}
      {answer && <Result answer={answer} traffic={answer.trafficErlang.toLocaleString(locale, { maximumFractionDigits: 2 })} />}
    </>
  );
}

function Result({ answer: { asked, stableAgents, rows }, traffic }: { answer: Answer; traffic: string }) {
  const { say, locale } = useSpeech();
  const columns = usePerformanceColumns<Row>();
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  return (
    <>
      {rows.some(({ agents, performance }) => agents === asked && performance?.stable === false) && (
        <Alert type="warning" showIcon title={say("growsForEver", { agents: stableAgents })} />
      )}
      <p className="faint">{say("traffic", { traffic, agents: stableAgents })}</p>
      <Table<Row>
        rowKey="agents"
        size="small"
        pagination={false}
        scroll={{ x: true }}
        rowClassName={({ agents }) => (agents === asked ? "in-question" : "")}
        dataSource={[...rows]}
        columns={[{ title: say("agentsAtWork"), dataIndex: "agents" }, ...columns]}
      />
      <Chart
        title={say("byNumberOfAgents")}
        of={say("agentsAtWork")}
        categories={rows.map(({ agents }) => String(agents))}
        show={(value) => percent.format(value)}
        most={1}
        series={[
          { name: say("serviceLevel"), kind: "bar", values: rows.map(({ performance }) => performance?.serviceLevel ?? null) },
          { name: say("occupancy"), kind: "line", values: rows.map(({ performance }) => performance?.occupancy ?? null) },
        ]}
      />
    </>
  );
}
