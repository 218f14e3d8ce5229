// The live board: groups, who waits and why, agents and their load.

import { Alert, Spin } from "antd";
import { useSpeech } from "../frame/language.js";
import { problemText } from "../texts.js";
import { Agents } from "./agents.js";
import { Groups } from "./groups.js";
import { Queue } from "./queue.js";
import { Recent } from "./recent_charts.js";
import { useBoard } from "./use_board.js";
import "./board.css";

export default function BoardPage() {
  const { language, say } = useSpeech();
  const { board, recent, link, problem } = useBoard();
  return (
    <main className="board">
      {problem && <Alert type="error" title={problemText(language, problem)} />}
      {!problem && board && link === "waiting" && <Alert type="warning" title={say("linkWaiting")} />}
      {board ? (
        <>
          <Groups groups={board.groups} />
          <Queue board={board} />
          <Recent points={recent} />
          <Agents agents={board.agents} />
        </>
      ) : (
        !problem && <Spin className="loading" />
      )}
    </main>
  );
}
