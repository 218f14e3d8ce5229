// What a number of agents makes of a load, as columns of a table.

import type { TableColumnsType } from "antd";
import type { Performance } from "../../gen/kefu/gateway/v1/staffing_pb.js";
import { useSpeech } from "../frame/language.js";

export interface Shown {
  readonly performance?: Performance | undefined;
}

export function usePerformanceColumns<Row extends Shown>(): TableColumnsType<Row> {
  const { say, locale } = useSpeech();
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const cell = (value: number | undefined, format: Intl.NumberFormat) => (value === undefined ? "–" : format.format(value));
  const column = (title: string, of: (performance: Performance) => number | undefined, format: Intl.NumberFormat) => ({
    title,
    align: "end" as const,
    render: (_: unknown, { performance }: Row) => (performance ? cell(of(performance), format) : "–"),
  });
  return [
    column(say("serviceLevel"), ({ serviceLevel }) => serviceLevel, percent),
    {
      title: say("meanWaitS"),
      align: "end",
      // Without end where the queue grows for ever.
      render: (_, { performance }) => (performance ? (performance.stable ? cell(performance.asaS, number) : "∞") : "–"),
    },
    column(say("waitProbability"), ({ waitProbability }) => waitProbability, percent),
    column(say("occupancy"), ({ occupancy }) => occupancy, percent),
    column(say("abandonment"), ({ abandonProbability }) => abandonProbability, percent),
  ];
}
