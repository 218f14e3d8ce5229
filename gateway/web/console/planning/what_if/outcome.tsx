// What came of it: each figure under each policy, and the difference, which is known better than the figures.

import { Select, Table } from "antd";
import { useState, type ReactNode } from "react";
import { Comparison_Unit, type Comparison, type Comparison_Estimate, type Comparison_Figure } from "../../../gen/kefu/gateway/v1/what_if_pb.js";
import { pick } from "../../../shared/language.js";
import { Chart } from "../../frame/chart.js";
import { useSpeech } from "../../frame/language.js";
import { figureWords, valueWords } from "./words.js";

export function Outcome({ comparison }: { comparison: Comparison }) {
  const { say, locale, language } = useSpeech();
  const [chosen, setChosen] = useState(0);
  const { policies, slices, repetitions, simulatedSessions, thresholdS } = comparison;
  const slice = slices[chosen] ?? slices[0];
  if (!slice) return null;
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const shown = (unit: Comparison_Unit) => (unit === Comparison_Unit.SHARE ? percent : number);
  const named = (figure: string) => pick(language, figureWords[figure] ?? [figure, figure]);
  const waits = ["wait_p50", "wait_p90", "wait_p99"].flatMap((name) => slice.figures.filter(({ figure }) => figure === name));
  const estimate = (unit: Comparison_Unit, value: Comparison_Estimate | undefined) =>
    value && (
      <>
        {shown(unit).format(value.mean)} {repetitions > 1 && value.halfWidth > 0 && <span className="faint">± {shown(unit).format(value.halfWidth)}</span>}
      </>
    );
  return (
    <>
      <p className="faint">{say("whatWasPlayed", { sessions: simulatedSessions.toLocaleString(locale), repetitions, seconds: thresholdS })}</p>
      {slices.length > 1 && (
        <Select
          className="slices"
          aria-label={say("whoseFigures")}
          value={chosen}
          onChange={setChosen}
          options={slices.map(({ trait, value }, i) => ({
            value: i,
            label: trait === "" ? say("allSessions") : `${pick(language, valueWords[trait] ?? [trait, trait])}: ${pick(language, valueWords[value] ?? [value, value])}`,
          }))}
        />
      )}
      <Chart
        title={say("waitsCompared")}
        of={say("waitAtMost")}
        categories={waits.map(({ figure }) => named(figure))}
        show={(value) => number.format(value)}
        series={policies.map((name, i) => ({ name, kind: "bar" as const, values: waits.map(({ values }) => values[i]?.mean ?? null) }))}
      />
      <Table<Comparison_Figure>
        rowKey="figure"
        size="small"
        pagination={false}
        scroll={{ x: true }}
        dataSource={[...slice.figures]}
        columns={[
          { title: say("figure"), render: (_, { figure, unit }) => `${named(figure)}${unit === Comparison_Unit.SECONDS ? ` (${say("secondsUnit")})` : ""}` },
          ...policies.map((name, i) => ({
            title: name,
            align: "end" as const,
            render: (_: unknown, { unit, values }: Comparison_Figure) => estimate(unit, values[i]),
          })),
          ...(policies.length === 2
            ? [
                {
                  title: say("difference"),
                  align: "end" as const,
                  render: (_: unknown, { unit, difference }: Comparison_Figure) => difference && <Difference of={difference}>{estimate(unit, difference)}</Difference>,
                },
              ]
            : []),
        ]}
      />
    </>
  );
}

// Faint where it may be chance.
function Difference({ of: { mean, halfWidth }, children }: { of: Comparison_Estimate; children: ReactNode }) {
  return Math.abs(mean) > halfWidth ? <b>{children}</b> : <span className="faint">{children}</span>;
}
