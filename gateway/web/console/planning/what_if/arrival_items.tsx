// Who comes: made up at a rate, or as on a day of this shop.

import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import { Form, Input, InputNumber, Segmented, type FormInstance } from "antd";
import { Category } from "../../../gen/kefu/common/v1/entry_pb.js";
import { RecordService, type SessionRow } from "../../../gen/kefu/records/v1/service_pb.js";
import { shifted } from "../../figures/days.js";
import { useApi } from "../../frame/api.js";
import { useSpeech } from "../../frame/language.js";
import { categoryKeys } from "../../words/categories.js";
import { NumberItem } from "../inputs.js";
import { arrivalsOf } from "./arrivals.js";
import type { CompareInit } from "./use_compare.js";

export interface ArrivalFields {
  readonly source: "made" | "recorded";
  readonly arrivalsPerHour: number;
  readonly hours: number;
  // Where the viewer is: "2026-11-22T09:00".
  readonly begin: string;
  // In per cent of all, by category.
  readonly shares?: Readonly<Record<string, number | null>>;
  readonly day: string;
}

// Sessions that are played again, at most; the newest of the day.
const mostRecorded = 5000;
const categories = [Category.PRE_SALE, Category.ORDER, Category.LOGISTICS, Category.AFTER_SALES, Category.COMPLAINT];

export function ArrivalItems<Fields extends ArrivalFields>({ form }: { form: FormInstance<Fields> }) {
  const { say } = useSpeech();
  const source = Form.useWatch("source", form as unknown as FormInstance<ArrivalFields>);
  return (
    <>
      <Form.Item name="source" label={say("whoComes")} className="wide">
        <Segmented<ArrivalFields["source"]>
          options={[
            { value: "made", label: say("madeUp") },
            { value: "recorded", label: say("asOnDay") },
          ]}
        />
      </Form.Item>
      {source === "recorded" ? (
        <Form.Item name="day" label={say("day")} extra={say("asOnDayHint", { most: mostRecorded })} className="wide">
          <Input type="date" />
        </Form.Item>
      ) : (
        <>
          <NumberItem name="arrivalsPerHour" label="arrivalsPerHour" />
          <NumberItem name="hours" label="hoursLong" />
          <Form.Item name="begin" label={say("begins")} rules={[{ required: true, message: say("required") }]}>
            <Input type="datetime-local" />
          </Form.Item>
          <fieldset className="wide">
            <legend>{say("sharesOf")}</legend>
            {categories.map((category) => (
              <Form.Item key={category} name={["shares", Category[category].toLowerCase()]} label={say(categoryKeys[category])}>
                <InputNumber min={0} max={100} suffix="%" placeholder="0" />
              </Form.Item>
            ))}
          </fieldset>
        </>
      )}
    </>
  );
}

// What the request says of them.
export function useArrivals(): (fields: ArrivalFields, signal: AbortSignal) => Promise<CompareInit["arrivals"]> {
  const { transport } = useApi();
  return async (fields, signal) => {
    if (fields.source === "recorded") {
      const sessions = await sessionsOf(fields.day, transport, signal);
      return { case: "recorded", value: { arrivals: arrivalsOf(sessions) } };
    }
    const { arrivalsPerHour, hours, begin, shares } = fields;
    return {
      case: "poisson",
      value: {
        arrivalsPerHour,
        hours,
        startTime: timestampFromDate(new Date(begin)),
        shares: Object.entries(shares ?? {}).flatMap(([value, percent]) => (percent ? [{ trait: "category", value, share: percent / 100 }] : [])),
      },
    };
  };
}

async function sessionsOf(day: string, transport: Transport, signal: AbortSignal): Promise<SessionRow[]> {
  const records = createClient(RecordService, transport);
  const midnight = (of: string) => timestampFromDate(new Date(`${of}T00:00:00`));
  const sessions: SessionRow[] = [];
  let pageToken = "";
  do {
    const page = await records.listSessions({ fromTime: midnight(day), toTime: midnight(shifted(day, 1)), pageSize: 100, pageToken }, { signal });
    sessions.push(...page.sessions);
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && sessions.length < mostRecorded);
  return sessions;
}
