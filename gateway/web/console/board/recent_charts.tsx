// Waits and load of the last half hour, as they were told.

import { spanText } from "../desk/times.js";
import { Chart } from "../frame/chart.js";
import { useSpeech } from "../frame/language.js";
import type { Point } from "./recent.js";

export function Recent({ points }: { points: readonly Point[] }) {
  const { say, locale } = useSpeech();
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  const times = points.map(({ timeMs }) => clock.format(timeMs));
  return (
    <section>
      <h2>{say("lastHalfHour")}</h2>
      <div className="charts">
        <Chart
          title={say("waitingAndServed")}
          of={say("time")}
          categories={times}
          show={(value) => Math.round(value).toLocaleString(locale)}
          step={1}
          series={[
            { name: say("waitingNow"), kind: "line", values: points.map(({ waiting }) => waiting) },
            { name: say("load"), kind: "line", values: points.map(({ active }) => active) },
          ]}
        />
        <Chart
          title={say("longestWait")}
          of={say("time")}
          categories={times}
          show={spanText}
          step={1000}
          series={[{ name: say("longestWait"), kind: "line", values: points.map(({ longestWaitMs }) => longestWaitMs) }]}
        />
      </div>
    </section>
  );
}
