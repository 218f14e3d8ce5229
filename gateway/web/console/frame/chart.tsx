// A chart with its table. ECharts draws on a canvas and writes its hints there, too: style attributes are not admitted.

import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useSpeech } from "./language.js";
import { useIsDark } from "./theme.js";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

export interface Series {
  readonly name: string;
  readonly kind: "bar" | "line";
  // null: nothing is known there.
  readonly values: readonly (number | null)[];
  // Bars of the same stack stand on each other.
  readonly stack?: string;
}

// A line through few points is hard to see.
function isSparse(values: Series["values"]): boolean {
  return values.filter((value) => value !== null).length < 3;
}

interface Props {
  readonly title: string;
  // What the values are of: hours, agents.
  readonly categories: readonly string[];
  readonly of: string;
  readonly series: readonly Series[];
  show(value: number): string;
  readonly most?: number;
  // The axis has no finer steps: 1 for what is counted.
  readonly step?: number;
}

export function Chart(props: Props) {
  const { title, categories, of, series, show, most, step } = props;
  const { say } = useSpeech();
  const isDark = useIsDark();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  useEffect(() => {
    const drawn = init(box.current!, isDark ? "dark" : undefined);
    chart.current = drawn;
    const watch = new ResizeObserver(() => drawn.resize());
    watch.observe(box.current!);
    return () => {
      watch.disconnect();
      drawn.dispose();
    };
  }, [isDark]);
  useEffect(() => {
    chart.current!.setOption(
      {
        animation: false,
        backgroundColor: "transparent",
        color: isDark ? ["#8f9cff", "#ff9d94", "#ffb84d", "#6fd39a"] : ["#3346b8", "#b3261e", "#a15c00", "#1f7a2e"],
        grid: { left: 8, right: 8, top: 36, bottom: 8, containLabel: true },
        legend: { top: 0, show: series.length > 1 },
        tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: (value: unknown) => (typeof value === "number" ? show(value) : "–") },
        xAxis: { type: "category", data: [...categories] },
        yAxis: { type: "value", max: most ?? null, minInterval: step ?? 0, axisLabel: { formatter: show } },
        series: series.map(({ name, kind, values, stack }) => ({ name, type: kind, stack, data: [...values], showSymbol: isSparse(values) })),
      },
      true,
    );
  });
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <div ref={box} className="canvas" role="img" aria-label={title} />
      <details>
        <summary>{say("asTable")}</summary>
        <div className="scroll" tabIndex={0} role="region" aria-label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{of}</th>
                {series.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {categories.map((category, row) => (
                <tr key={category}>
                  <th scope="row">{category}</th>
                  {series.map(({ name, values }) => {
                    const value = values[row] ?? null;
                    return <td key={name}>{value === null ? "–" : show(value)}</td>;
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
