// Every text that a person sees on this page, in English and Chinese. `{name}` is filled in.

import { Code } from "@connectrpc/connect";
import { fill, pick, type Language } from "../shared/language.js";
import type { Problem } from "../shared/problem.js";

const texts = {
  pageTitle: ["kefu: write as a buyer, answer as an agent", "kefu：买家提问，客服回答"],
  buyerPane: ["Buyer", "买家"],
  agentPane: ["Agent", "客服"],
  shop: ["Shop", "店铺"],
  login: ["Login", "账号"],
  password: ["Password", "密码"],
  signIn: ["Sign in and go online", "登录并上线"],
  signOut: ["Sign out", "退出"],
  presence: ["Presence", "在线状态"],
  presenceOnline: ["Online", "在线"],
  presenceBusy: ["Busy", "忙碌"],
  presenceBreak: ["Break", "小休"],
  presenceHungUp: ["Hung up (no new sessions)", "挂起（不接新会话）"],
  presenceOffline: ["Offline", "离线"],
  waiting: ["Waiting: {count}", "排队：{count}"],
  load: ["Load: {used}/{capacity}", "负载：{used}/{capacity}"],
  sessions: ["Sessions", "会话"],
  noSessions: ["No sessions yet. A buyer's first message comes here.", "暂无会话。买家发来第一条消息后会出现在这里。"],
  chooseSession: ["Choose a session to read and answer.", "请选择一个会话查看并回复。"],
  conversation: ["Conversation", "对话"],
  guest: ["Guest {id}", "访客 {id}"],
  unread: ["{count} unread", "{count} 条未读"],
  message: ["Message", "消息"],
  messageHint: ["Write a message. Enter sends, Shift+Enter makes a new line.", "请输入消息。回车发送，Shift+回车换行。"],
  send: ["Send", "发送"],
  note: ["Send as internal note", "发送为内部备注"],
  noteLabel: ["Internal note", "内部备注"],
  transferTo: ["Transfer to", "转接给"],
  backToQueue: ["The queue", "排队队列"],
  transfer: ["Transfer", "转接"],
  close: ["Close session", "结束会话"],
  hold: ["Put on hold", "等待买家（保留）"],
  resume: ["Go on", "继续服务"],
  accept: ["Accept", "接受"],
  decline: ["Decline", "拒绝"],
  finish: ["Notes are done", "完成收尾"],
  offered: ["This session is offered to you.", "有新的会话等待您接受。"],
  wrapUp: ["The session has ended. Write your notes, then finish.", "会话已结束，请填写备注后完成收尾。"],
  suggestion: ["{name} suggests: {text}", "{name} 建议：{text}"],
  retry: ["Retry", "重试"],
  discard: ["Discard", "放弃"],
  you: ["You", "我"],
  agent: ["Agent", "客服"],
  buyer: ["Buyer", "买家"],
  otherTyping: ["The other side is typing…", "对方正在输入……"],
  recalled: ["This message was recalled.", "该消息已撤回。"],
  redacted: ["This message is no longer available.", "该消息已不可用。"],
  tickSending: ["sending", "发送中"],
  tickAcknowledged: ["sent", "已发送"],
  tickDelivered: ["delivered", "已送达"],
  tickRead: ["read", "已读"],
  tickFailed: ["failed", "发送失败"],
  linkConnecting: ["Connecting…", "正在连接……"],
  linkLive: ["Connected", "已连接"],
  linkWaiting: ["Connection lost; trying again…", "连接已断开，正在重试……"],
  linkOff: ["Not connected", "未连接"],
  stateWaiting: ["You are in the queue; an agent will answer soon.", "您正在排队，客服将尽快为您服务。"],
  statePlace: ["You are in the queue; {ahead} before you.", "您正在排队，前面还有 {ahead} 位。"],
  statePlaceWait: ["You are in the queue; {ahead} before you, about {low} to {high} minutes.", "您正在排队，前面还有 {ahead} 位，预计等待 {low}–{high} 分钟。"],
  stateParked: ["Your message is kept; we will answer from {time} on.", "您的留言已保存，我们将从 {time} 起回复您。"],
  stateActive: ["{name} is answering you.", "{name} 正在为您服务。"],
  stateClosed: ["This session has ended. Write again to start a new one.", "本次会话已结束，再次发送消息即可发起新会话。"],
  stateNone: ["Write a message to begin.", "发送消息即可开始咨询。"],
  systemAgentJoined: ["{name} joined.", "{name} 已加入会话。"],
  systemClosed: ["The session was closed.", "会话已结束。"],
  systemReopened: ["The session was reopened.", "会话已重新打开。"],
  systemWaitingAgain: ["Waiting for another agent.", "正在等待其他客服接入。"],
  systemParked: ["Kept for later: an agent will answer from {time} on.", "已转为留言，客服将从 {time} 起回复。"],
  systemOfferDeclined: ["{name} declined the session. {reason}", "{name} 拒绝了该会话。{reason}"],
  systemParcelDelivered: ["Your parcel {carrier} {number} was delivered.", "您的包裹 {carrier} {number} 已签收。"],
  cardOrder: ["Order {number}: {title} {status}", "订单 {number}：{title} {status}"],
  cardProduct: ["Product: {title}", "商品：{title}"],
  cardCase: ["After-sales case {number}, order {order}: {kind}, {state}", "售后单 {number}，订单 {order}：{kind}，{state}"],
  cardRating: ["Rated {stars} of 5. {comment}", "评价 {stars} 星（共 5 星）。{comment}"],
  cardParcel: ["Parcel {carrier} {number}: {status}", "包裹 {carrier} {number}：{status}"],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

export type TextKey = keyof typeof texts;

// What to do about a refusal, by the server's reason.
const reasons: Record<string, readonly [en: string, zh: string]> = {
  BAD_CREDENTIALS: ["Login or password is wrong.", "账号或密码错误。"],
  RATE_LIMITED: ["Too many at once. Wait a little, then try again.", "操作过于频繁，请稍后再试。"],
  OVERLOADED: ["The server is busy. Try again in a moment.", "服务器繁忙，请稍后再试。"],
  UNREACHABLE: ["The server cannot be reached. Check the connection.", "无法连接服务器，请检查网络。"],
  TOKEN_EXPIRED: ["You have been signed out. Sign in again.", "登录已过期，请重新登录。"],
  TOKEN_REVOKED: ["You have been signed out. Sign in again.", "登录已失效，请重新登录。"],
  SESSION_CLOSED: ["The session has ended.", "会话已结束。"],
  STALE_FENCE: ["Another agent owns this session now.", "该会话已由其他客服接手。"],
  NEWER_BUYER_ENTRY: ["The buyer has written again. Read it before closing.", "买家又发来新消息，请先查看再结束会话。"],
  REQUEST_ID_REUSED: ["This was sent before with other words. Discard it and write it anew.", "该消息此前以其他内容发送过，请放弃后重写。"],
};

// Where the reason is unknown: by the code.
const codes: Partial<Record<Code, readonly [en: string, zh: string]>> = {
  [Code.InvalidArgument]: ["The server refused this input.", "输入内容不符合要求。"],
  [Code.NotFound]: ["It does not exist (any more).", "对象不存在或已被移除。"],
  [Code.PermissionDenied]: ["You may not do this.", "您没有权限执行此操作。"],
  [Code.Unauthenticated]: ["Sign in again.", "请重新登录。"],
  [Code.Aborted]: ["It has changed in the meantime. Look again, then decide.", "状态已变化，请确认后重试。"],
  [Code.FailedPrecondition]: ["This is not possible in the present state.", "当前状态下无法执行此操作。"],
  [Code.ResourceExhausted]: ["Too much at once. Try again in a moment.", "请求过多，请稍后再试。"],
  [Code.Unavailable]: ["The server is not available. Try again in a moment.", "服务暂不可用，请稍后再试。"],
  [Code.DeadlineExceeded]: ["The server took too long. Try again.", "服务响应超时，请重试。"],
};
const otherwise = ["Something went wrong. Try again.", "出错了，请重试。"] as const;

export function text(language: Language, key: TextKey, values: Record<string, string | number | bigint> = {}): string {
  return fill(pick(language, texts[key]), values);
}

// In English the server's own sentence follows, which is more exact than ours.
export function problemText(language: Language, problem: Problem): string {
  const known = reasons[problem.reason];
  if (known) return pick(language, known);
  const general = pick(language, codes[problem.code] ?? otherwise);
  return problem.message === "" ? general : `${general} (${problem.message})`;
}
