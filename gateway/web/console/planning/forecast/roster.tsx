// The roster that was calculated: by interval, and in sum.

import { Descriptions, Table } from "antd";
import type { PlanStaffingResponse, PlanStaffingResponse_Row } from "../../../gen/kefu/gateway/v1/staffing_pb.js";
import { Chart } from "../../frame/chart.js";
import { useSpeech } from "../../frame/language.js";
import { usePerformanceColumns } from "../performance.js";

interface Props {
  readonly plan: PlanStaffingResponse;
  clock(locale: string, row: PlanStaffingResponse_Row): string;
}

export function Roster({ plan, clock }: Props) {
  const { say, locale } = useSpeech();
  const columns = usePerformanceColumns<PlanStaffingResponse_Row>();
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const { rows, peakAgents, peakAgentsWithShrinkage, agentHours, agentHoursWithShrinkage } = plan;
  const begins = rows.map((row) => clock(locale, row));
  return (
    <>
      <Descriptions
        size="small"
        bordered
        column={{ xs: 1, md: 2 }}
        items={[
          { key: "peak", label: say("peakAgents"), children: number.format(peakAgents) },
          { key: "roster", label: say("peakOnRoster"), children: number.format(peakAgentsWithShrinkage) },
          { key: "hours", label: say("agentHours"), children: number.format(agentHours) },
          { key: "rosterHours", label: say("hoursOnRoster"), children: number.format(agentHoursWithShrinkage) },
        ]}
      />
      <Chart
        title={say("rosterByInterval")}
        of={say("begins")}
        categories={begins}
        show={(value) => number.format(value)}
        step={1}
        series={[
          { name: say("agentsAtWork"), kind: "bar", values: rows.map(({ agents }) => agents) },
          { name: say("onRoster"), kind: "line", values: rows.map(({ agentsWithShrinkage }) => agentsWithShrinkage) },
          { name: say("arrivals"), kind: "line", values: rows.map(({ arrivals }) => arrivals) },
        ]}
      />
      <Table<PlanStaffingResponse_Row>
        rowKey={(row) => rows.indexOf(row)}
        size="small"
        pagination={{ pageSize: 48, hideOnSinglePage: true }}
        scroll={{ x: true }}
        dataSource={[...rows]}
        columns={[
          { title: say("begins"), render: (_, row) => clock(locale, row) },
          { title: say("arrivals"), align: "end", render: (_, { arrivals }) => number.format(arrivals) },
          { title: say("agentsAtWork"), align: "end", render: (_, { agents }) => <b>{number.format(agents)}</b> },
          { title: say("onRoster"), align: "end", render: (_, { agentsWithShrinkage }) => number.format(agentsWithShrinkage) },
          ...columns,
        ]}
      />
    </>
  );
}
