// The texts of the desk's standing, lists and consults; those that other pages share stand in ../texts.ts.

import type { Words } from "../../shared/language.js";

export const deskTexts = {
  ownFirstResponse: ["First reply {time}", "首响 {time}"],
  ownPrompt: ["In 3 min {share}", "3 分钟 {share}"],
  ownFigures: [
    "Today, mine: mean time to the first reply, and the share of replies within 3 minutes",
    "我今日的平均首次响应时间与 3 分钟响应率",
  ],
  ownFiguresNone: ["No figures of mine today yet", "我今日暂无数据"],
  ownFiguresAway: ["My figures cannot be read just now", "暂时无法读取我的数据"],
  asksAboutOrder: ["Asks about an order", "咨询订单"],
  asksAboutOrderNumber: ["Asks about order {number}", "咨询订单 {number}"],
  pick: ["Select {name}", "选择 {name}"],
  pickAll: ["Select all", "全选"],
  picked: ["{count} selected", "已选 {count} 个"],
  pickNone: ["Clear", "取消选择"],
  closeMany: ["Close {count} sessions?", "结束 {count} 个会话？"],
  closeManyUnread: ["In {count} of them the buyer wrote what you have not read.", "其中 {count} 个有未读的买家消息。"],
  doneClose: ["{count} closed", "已结束 {count} 个"],
  doneHold: ["{count} put on hold", "已暂停 {count} 个"],
  doneTransfer: ["{count} transferred", "已转接 {count} 个"],
  doneNone: ["none done", "均未成功"],
  refusedSome: ["{count} refused: {why}", "{count} 个未成功：{why}"],
  listComma: ["; ", "；"],
  transferMany: ["Transfer {count} sessions", "转接 {count} 个会话"],
  toGroup: ["To a group's queue", "转到技能组排队"],
  toColleague: ["To a colleague", "转给同事"],
  groupStanding: ["{group} · {waiting} waiting, {online} online", "{group} · 排队 {waiting}，在线 {online}"],
  colleagueStanding: ["{name} · load {used}/{capacity}", "{name} · 负载 {used}/{capacity}"],
  byItself: ["Automatic", "系统"],
  asked: ["A colleague asks", "同事咨询"],
  askedBy: ["{name} asks about {buyer}", "{name} 咨询：{buyer}"],
  askedHint: [
    "You read along. What you write below goes to your colleague only; the buyer never sees it.",
    "您可以查看会话。下方内容仅发给同事，买家看不到。",
  ],
} as const satisfies Record<string, Words>;
