// The roster of a forecast: the fewest agents that reach the goals in each interval.

import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { Button, Form, Input, Select } from "antd";
import { useMemo, useState } from "react";
import { Sharing, StaffingService, type PlanStaffingResponse } from "../../../gen/kefu/gateway/v1/staffing_pb.js";
import { RecordService } from "../../../gen/kefu/records/v1/service_pb.js";
import { dayOf, shifted } from "../../figures/days.js";
import { useAct } from "../../frame/act.js";
import { useApi } from "../../frame/api.js";
import { useSave } from "../../frame/form_dialog.js";
import { useSpeech } from "../../frame/language.js";
import { ConcurrencyItems, given, NumberItem } from "../inputs.js";
import { forecastOf, grown } from "./numbers.js";
import { Roster } from "./roster.js";

interface Fields {
  readonly day: string;
  readonly intervalMinutes: number;
  readonly intervals: string;
  readonly ahtS: number;
  readonly patienceS: number | null;
  readonly chatsPerAgent: number;
  readonly sharing: Sharing;
  readonly serviceLevel: number | null;
  readonly targetS: number | null;
  readonly maxAsaS: number | null;
  readonly maxAbandonProbability: number | null;
  readonly maxOccupancy: number | null;
  readonly shrinkage: number;
}

const initial: Fields = {
  day: shifted(dayOf(new Date()), 1),
  intervalMinutes: 60,
  intervals: "",
  ahtS: 300,
  patienceS: 180,
  chatsPerAgent: 3,
  sharing: Sharing.NONE,
  serviceLevel: 80,
  targetS: 20,
  maxAsaS: null,
  maxAbandonProbability: null,
  maxOccupancy: 85,
  shrinkage: 25,
};
const percent = 0.01;

export function Forecast() {
  const { say } = useSpeech();
  const { transport } = useApi();
  const service = useMemo(() => createClient(StaffingService, transport), [transport]);
  const [form] = Form.useForm<Fields>();
  const { save, busy, refused } = useSave(form);
  const [plan, setPlan] = useState<PlanStaffingResponse>();
  const calculate = (fields: Fields) =>
    save(async () => {
      const { intervalMinutes, ahtS, patienceS, chatsPerAgent, sharing } = fields;
      setPlan(
        await service.planStaffing({
          startTime: timestampFromDate(new Date(`${fields.day}T00:00:00`)),
          intervalMinutes,
          intervals: forecastOf(fields.intervals)!.map((arrivals) => ({ arrivals })),
          ahtS,
          ...given("patienceS", patienceS),
          chatsPerAgent,
          sharing,
          ...given("serviceLevel", fields.serviceLevel, percent),
          ...given("targetS", fields.serviceLevel === null ? null : fields.targetS),
          ...given("maxAsaS", fields.maxAsaS),
          ...given("maxAbandonProbability", fields.maxAbandonProbability, percent),
          ...given("maxOccupancy", fields.maxOccupancy, percent),
          shrinkage: fields.shrinkage * percent,
        }),
      );
    });
  const isForecast = (_: unknown, written: string) =>
    (forecastOf(written)?.length ?? 0) > 0 ? Promise.resolve() : Promise.reject(new Error(say("notAForecast")));
  return (
    <>
      <header className="page-head">
        <h2>{say("forecast")}</h2>
      </header>
      <p className="faint">{say("forecastHint")}</p>
      <Form<Fields> form={form} layout="vertical" className="inputs" initialValues={initial} onFinish={(fields) => void calculate(fields)}>
        <Form.Item name="day" label={say("day")} rules={[{ required: true, message: say("required") }]}>
          <Input type="date" />
        </Form.Item>
        <Form.Item name="intervalMinutes" label={say("interval")}>
          <Select options={[15, 30, 60].map((minutes) => ({ value: minutes, label: say("minutes", { minutes }) }))} />
        </Form.Item>
        <Form.Item name="intervals" label={say("arrivalsByInterval")} className="wide" validateTrigger="onBlur" rules={[{ validator: isForecast }]}>
          <Input.TextArea rows={2} placeholder="0 0 4 12 31 40 …" />
        </Form.Item>
        <FromRecords take={(numbers) => form.setFieldsValue({ intervals: numbers.join(" "), intervalMinutes: 60 })} />
        <NumberItem name="ahtS" label="handlingTime" unit="secondsUnit" />
        <NumberItem name="patienceS" label="patience" unit="secondsUnit" empty="forEver" />
        <ConcurrencyItems />
        <NumberItem name="serviceLevel" label="serviceLevelGoal" unit="percentUnit" empty="notAsked" />
        <NumberItem name="targetS" label="answeredWithin" unit="secondsUnit" empty="notAsked" />
        <NumberItem name="maxAsaS" label="mostMeanWait" unit="secondsUnit" empty="notAsked" />
        <NumberItem name="maxAbandonProbability" label="mostAbandonment" unit="percentUnit" empty="notAsked" />
        <NumberItem name="maxOccupancy" label="mostOccupancy" unit="percentUnit" empty="notAsked" />
        <NumberItem name="shrinkage" label="shrinkage" unit="percentUnit" />
        <Button type="primary" htmlType="submit" loading={busy}>
          {say("calculate")}
        </Button>
      </Form>
      {refused}
      {plan && <Roster plan={plan} clock={timeOfDay} />}
    </>
  );
}

const timeOfDay = (locale: string, row: PlanStaffingResponse["rows"][number]) =>
  row.startTime ? new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false }).format(timestampDate(row.startTime)) : "";

// What came on a day that has been, as the forecast.
function FromRecords({ take }: { take(numbers: readonly number[]): void }) {
  const { say } = useSpeech();
  const { transport } = useApi();
  const { act, busy } = useAct();
  const [day, setDay] = useState(() => shifted(dayOf(new Date()), -7));
  const [growth, setGrowth] = useState("0");
  const read = () =>
    act(async () => {
      const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const { rows } = await createClient(RecordService, transport).getHourlyFigures({ fromDay: day, toDay: day, timeZone });
      take(
        grown(
          rows.map(({ sessions }) => sessions),
          Number(growth) || 0,
        ),
      );
    });
  return (
    <fieldset className="wide">
      <legend>{say("asItCame")}</legend>
      <Input type="date" aria-label={say("asItCame")} value={day} max={dayOf(new Date())} onChange={({ target }) => target.value !== "" && setDay(target.value)} />
      <label>
        {say("growth")} <Input type="number" suffix="%" value={growth} onChange={({ target }) => setGrowth(target.value)} />
      </label>
      <Button onClick={() => void read()} loading={busy}>
        {say("takeIt")}
      </Button>
    </fieldset>
  );
}
