// Every text of the widget, in English and Chinese. `{name}` is filled in.

import { Code } from "@connectrpc/connect";
import { fill, pick, type Language, type Words } from "../shared/language.js";
import type { Problem } from "../shared/problem.js";

const texts = {
  launcher: ["Ask us", "联系客服"],
  launcherUnread: ["Ask us: {count} unread", "联系客服：{count} 条未读消息"],
  title: ["Customer service", "在线客服"],
  close: ["Close", "关闭"],
  switchLanguage: ["切换到中文", "Switch to English"],
  conversation: ["Conversation", "对话"],
  greeting: ["Hello! How can we help?", "您好！有什么可以帮您？"],
  greetingMore: ["Choose a topic if you like, then write to us.", "您可以先选择问题类型，再告诉我们您的需求。"],
  topic: ["What is it about?", "咨询类型"],
  topicPreSale: ["A product", "商品咨询"],
  topicOrder: ["My order", "订单问题"],
  topicLogistics: ["Delivery", "物流配送"],
  topicAfterSales: ["Return or refund", "退换售后"],
  topicComplaint: ["A complaint", "投诉建议"],
  trackParcel: ["Track my parcel", "查物流"],
  talkToPerson: ["Talk to a person", "转人工"],
  askTrackNumber: ["Where is my parcel {number}?", "请帮我查一下快递 {number} 到哪里了？"],
  askTrackOrder: ["Where is the parcel of my order {number}?", "请帮我查一下订单 {number} 的物流。"],
  askTrack: ["Where is my parcel?", "请帮我查一下我的快递到哪里了？"],
  askPerson: ["I would like to talk to a person.", "我要转人工客服。"],
  message: ["Message", "消息"],
  messageHint: ["Write a message…", "请输入您的问题……"],
  send: ["Send", "发送"],
  tooLong: ["That is too long. Please shorten it or send it in parts.", "内容过长，请精简或分条发送。"],
  lookingAt: ["You are looking at", "您正在看"],
  sendProduct: ["Send this product", "发送商品"],
  you: ["You", "我"],
  agent: ["Agent", "客服"],
  agentTyping: ["{name} is typing…", "{name} 正在输入……"],
  someAgentTyping: ["The agent is typing…", "客服正在输入……"],
  sending: ["Sending", "发送中"],
  acknowledged: ["Sent", "已发送"],
  delivered: ["Delivered", "已送达"],
  read: ["Read", "已读"],
  failed: ["Not sent", "发送失败"],
  retry: ["Try again", "重试"],
  discard: ["Discard", "放弃"],
  linkConnecting: ["Connecting…", "正在连接……"],
  linkWaiting: ["No connection. Trying again; nothing is lost.", "网络已断开，正在重连，消息不会丢失。"],
  queued: ["You are in the queue", "正在为您排队"],
  queueNext: ["You are next", "您是下一位"],
  queueAhead: ["{ahead} before you", "前面还有 {ahead} 位"],
  queueRange: ["about {range} minutes", "预计等待 {range} 分钟"],
  queueSoon: ["less than a minute", "预计不到 1 分钟"],
  queueNoRange: ["How long it takes cannot be told just now. You may wait, or leave a message.", "暂时无法预估等待时间，您可以继续等待或留言。"],
  leaveQueue: ["Stop waiting", "取消排队"],
  leaveMessage: ["Leave a message", "留言"],
  leaveMessageHint: ["We keep your words and come back to you here.", "我们会保存您的留言，并在此回复您。"],
  leaveMessageText: ["Your message (may stay empty if all is said)", "留言内容（已说明的可留空）"],
  answerWhen: ["When shall we answer?", "希望何时回复？"],
  answerSoon: ["As soon as you can", "尽快"],
  submit: ["Leave it", "提交留言"],
  cancel: ["Back", "返回"],
  kept: ["Your message is kept. We answer from {time} on.", "已收到您的留言，我们将从 {time} 起回复您。"],
  keptNoTime: ["Your message is kept. We will answer you here.", "已收到您的留言，我们将在此回复您。"],
  served: ["{name} is with you", "{name} 为您服务"],
  ended: ["This conversation has ended. Write to begin another.", "本次会话已结束，发送消息即可再次咨询。"],
  endedLeft: ["You are no longer in the queue. Write to ask again.", "您已退出排队，发送消息即可再次咨询。"],
  rate: ["How was it?", "请对本次服务做出评价"],
  stars: ["{stars} of 5", "{stars} 星，共 5 星"],
  rateComment: ["Anything you would like to add (optional)", "补充说明（选填）"],
  rateSubmit: ["Send rating", "提交评价"],
  ratedThanks: ["Thank you for your rating: {stars}", "感谢您的评价：{stars}"],
  recalled: ["This message was taken back.", "该消息已撤回。"],
  gone: ["This message is no longer available.", "该消息已不可用。"],
  joined: ["{name} joined.", "{name} 已加入会话。"],
  closed: ["The conversation was closed.", "会话已结束。"],
  reopened: ["The conversation was opened again.", "会话已重新打开。"],
  waitingAgain: ["Waiting for another agent.", "正在等待其他客服接入。"],
  parcelDelivered: ["Your parcel {carrier} {number} was delivered.", "您的包裹 {carrier} {number} 已签收。"],
  order: ["Order", "订单"],
  product: ["Product", "商品"],
  parcel: ["Parcel", "包裹"],
  afterSales: ["After-sales case", "售后单"],
  ofOrder: ["order {number}", "订单 {number}"],
  refund: ["refund {amount}", "退款 {amount}"],
  open: ["Open", "查看"],
  opensNewWindow: ["(opens a new window)", "（在新窗口打开）"],
} as const satisfies Record<string, Words>;

export type TextKey = keyof typeof texts;

// What to do about a refusal, by the server's reason.
const reasons: Readonly<Record<string, Words>> = {
  RATE_LIMITED: ["Too many at once. Wait a little, then try again.", "操作过于频繁，请稍后再试。"],
  OVERLOADED: ["We are very busy. Try again in a moment.", "当前咨询量较大，请稍后再试。"],
  UNREACHABLE: ["We cannot be reached. Check your connection.", "无法连接，请检查网络。"],
  NO_SUCH_SHOP: ["This shop has no customer service here.", "该店铺暂未开通在线客服。"],
  BAD_SIGNATURE: ["The shop could not confirm who you are. Reload the page.", "身份验证失败，请刷新页面。"],
  TIMESTAMP_OUT_OF_RANGE: ["The shop could not confirm who you are. Reload the page.", "身份验证已过期，请刷新页面。"],
  NOT_WAITING: ["Somebody is answering you already.", "客服已开始为您服务。"],
  SESSION_CLOSED: ["This conversation has ended.", "本次会话已结束。"],
  SESSION_OPEN: ["The conversation goes on; rate it when it has ended.", "会话仍在进行，结束后即可评价。"],
  REQUEST_ID_REUSED: ["Discard this message and write it anew.", "请放弃该消息后重新输入。"],
};

// Where the reason is unknown: by the code.
const codes: Partial<Record<Code, Words>> = {
  [Code.InvalidArgument]: ["This cannot be sent. Change it and try again.", "内容不符合要求，请修改后重试。"],
  [Code.Unauthenticated]: ["Reload the page to go on.", "登录状态已失效，请刷新页面。"],
  [Code.FailedPrecondition]: ["This is not possible just now.", "当前无法执行此操作。"],
  [Code.ResourceExhausted]: ["Too much at once. Try again in a moment.", "请求过多，请稍后再试。"],
  [Code.Unavailable]: ["We cannot be reached just now. Try again in a moment.", "服务暂不可用，请稍后再试。"],
  [Code.DeadlineExceeded]: ["That took too long. Try again.", "响应超时，请重试。"],
};
const otherwise: Words = ["Something went wrong. Try again.", "出错了，请重试。"];

export type Values = Readonly<Record<string, string | number | bigint>>;

export function text(language: Language, key: TextKey, values: Values = {}): string {
  return fill(pick(language, texts[key]), values);
}

export function problemText(language: Language, problem: Problem): string {
  return pick(language, reasons[problem.reason] ?? codes[problem.code] ?? otherwise);
}

export function localeOf(language: Language): string {
  return language === "zh" ? "zh-CN" : "en";
}
