// A day of the shop: what came, hour by hour, how long it waited, who answered how fast; beside the same day of the week
// before.

import { timestampDate } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { Button, Input, Table } from "antd";
import { LeftOutlined, RightOutlined } from "@ant-design/icons";
import { useMemo, useState } from "react";
import { RecordService, type GetFiguresResponse_Row, type GetHourlyFiguresResponse, type GetHourlyFiguresResponse_Row } from "../../gen/kefu/records/v1/service_pb.js";
import { momentText, spanText } from "../desk/times.js";
import { useApi } from "../frame/api.js";
import { Chart } from "../frame/chart.js";
import { useSpeech } from "../frame/language.js";
import { Shown, useLoad } from "../frame/load.js";
import { allAgents } from "../admin/agents_list.js";
import { useAdmin } from "../admin/use_admin.js";
import { dayOf, shifted } from "./days.js";

const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export default function FiguresPage() {
  const { say } = useSpeech();
  const { transport } = useApi();
  const admin = useAdmin();
  const records = useMemo(() => createClient(RecordService, transport), [transport]);
  const [day, setDay] = useState(() => dayOf(new Date()));
  const loaded = useLoad(
    async (signal) => {
      const hours = (of: string) => records.getHourlyFigures({ fromDay: of, toDay: of, timeZone }, { signal });
      const [today, before, byAgent, agents] = await Promise.all([
        hours(day),
        hours(shifted(day, -7)),
        records.getFigures({ fromDay: day, toDay: day, timeZone }, { signal }),
        allAgents(admin, signal),
      ]);
      return { today, before, rows: byAgent.rows, names: new Map(agents.map(({ agent, displayName }) => [agent, displayName])) };
    },
    [records, admin, day],
  );
  return (
    <main className="page">
      <header className="page-head">
        <h2>{say("figures")}</h2>
        <Button icon={<LeftOutlined />} aria-label={say("previousDay")} onClick={() => setDay(shifted(day, -1))} />
        <Input type="date" className="day" aria-label={say("day")} value={day} onChange={({ target }) => target.value !== "" && setDay(target.value)} />
        <Button icon={<RightOutlined />} aria-label={say("nextDay")} disabled={day >= dayOf(new Date())} onClick={() => setDay(shifted(day, 1))} />
        <Button onClick={loaded.again}>{say("reload")}</Button>
      </header>
      <Shown loaded={loaded}>
        {({ today, before, rows, names }) => (
          <>
            <Hours today={today} before={before} />
            <ByAgent rows={rows} names={names} />
          </>
        )}
      </Shown>
    </main>
  );
}

function Hours({ today, before }: { today: GetHourlyFiguresResponse; before: GetHourlyFiguresResponse }) {
  const { say, locale } = useSpeech();
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false });
  // The day that has all its hours names them.
  const longer = today.rows.length >= before.rows.length ? today : before;
  const hours = longer.rows.map(({ beginTime }) => (beginTime ? clock.format(timestampDate(beginTime)) : ""));
  const of = (from: GetHourlyFiguresResponse, value: (row: GetHourlyFiguresResponse_Row) => number | null) =>
    hours.map((_, i) => (from.rows[i] ? value(from.rows[i]) : null));
  const whole = (value: number) => Math.round(value).toLocaleString(locale);
  const span = (ms: number) => spanText(ms);
  return (
    <>
      {today.asOf && <p className="faint">{say("asOf", { time: momentText(locale, today.asOf) })}</p>}
      <div className="charts">
        <Chart
          title={say("ofSessions")}
          of={say("hour")}
          categories={hours}
          show={whole}
          step={1}
          series={[
            { name: say("came"), kind: "bar", values: of(today, ({ sessions }) => sessions) },
            { name: say("lost"), kind: "bar", values: of(today, ({ lostSessions }) => lostSessions) },
            { name: say("lastWeek"), kind: "line", values: of(before, ({ sessions }) => sessions) },
          ]}
        />
        <Chart
          title={say("ofWaits")}
          of={say("hour")}
          categories={hours}
          show={span}
          step={1000}
          series={[
            { name: say("meanWait"), kind: "line", values: of(today, ({ assignedSessions, waitMs }) => (assignedSessions === 0 ? null : Number(waitMs))) },
            { name: say("longestOf"), kind: "line", values: of(today, ({ assignedSessions, longestWaitMs }) => (assignedSessions === 0 ? null : Number(longestWaitMs))) },
            { name: say("lastWeek"), kind: "line", values: of(before, ({ assignedSessions, waitMs }) => (assignedSessions === 0 ? null : Number(waitMs))) },
          ]}
        />
        <Chart
          title={say("ofLoad")}
          of={say("hour")}
          categories={hours}
          show={whole}
          step={1}
          series={[
            { name: say("load"), kind: "bar", values: of(today, ({ heldSessions }) => heldSessions) },
            { name: say("lastWeek"), kind: "line", values: of(before, ({ heldSessions }) => heldSessions) },
          ]}
        />
        <Chart
          title={say("ofResponse")}
          of={say("hour")}
          categories={hours}
          show={span}
          step={1000}
          series={[
            { name: say("meanWait"), kind: "line", values: of(today, ({ answeredSessions, firstResponseMs }) => (answeredSessions === 0 ? null : Number(firstResponseMs))) },
            { name: say("lastWeek"), kind: "line", values: of(before, ({ answeredSessions, firstResponseMs }) => (answeredSessions === 0 ? null : Number(firstResponseMs))) },
          ]}
        />
      </div>
    </>
  );
}

function ByAgent({ rows, names }: { rows: readonly GetFiguresResponse_Row[]; names: ReadonlyMap<string, string> }) {
  const { say, locale } = useSpeech();
  const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const ratio = (part: number, of: number, format: Intl.NumberFormat) => (of === 0 ? "–" : format.format(part / of));
  const span = (ms: bigint, of: number) => (of === 0 ? "–" : spanText(Number(ms)));
  return (
    <section>
      <h2>{say("byAgent")}</h2>
      <Table<GetFiguresResponse_Row>
        rowKey="agent"
        size="small"
        dataSource={[...rows]}
        pagination={{ pageSize: 50, hideOnSinglePage: true }}
        scroll={{ x: true }}
        locale={{ emptyText: say("nothingYet") }}
        columns={[
          { title: say("agent"), render: (_, { agent }) => (agent === "" ? <b>{say("wholeShop")}</b> : (names.get(agent) ?? agent)) },
          { title: say("sessionsCount"), align: "end", render: (_, { sessions }) => number.format(sessions), sorter: (a, b) => a.sessions - b.sessions },
          { title: say("answeredShare"), align: "end", render: (_, { answeredSessions, sessions }) => ratio(answeredSessions, sessions, share) },
          {
            title: say("firstResponseMean"),
            align: "end",
            render: (_, { firstResponseMs, answeredSessions }) => span(firstResponseMs, answeredSessions),
            sorter: (a, b) => Number(a.firstResponseMs - b.firstResponseMs),
          },
          { title: say("rounds"), align: "end", render: (_, { rounds }) => number.format(rounds) },
          { title: say("responseMean"), align: "end", render: (_, { responseMs, rounds }) => span(responseMs, rounds) },
          { title: say("promptRate"), align: "end", render: (_, { promptRounds, rounds, overdueRounds }) => ratio(promptRounds, rounds + overdueRounds, share) },
          { title: say("ratings"), align: "end", render: (_, { ratedSessions }) => number.format(ratedSessions) },
          { title: say("meanStars"), align: "end", render: (_, { stars, ratedSessions }) => ratio(Number(stars), ratedSessions, number) },
        ]}
      />
    </section>
  );
}
