// The texts of the figures.

import type { Words } from "../../shared/language.js";

export const figuresTexts = {
  figures: ["Figures", "数据"],
  day: ["Day", "日期"],
  previousDay: ["Day before", "前一天"],
  nextDay: ["Day after", "后一天"],
  asOf: ["As of {time}", "数据截至 {time}"],
  asTable: ["As a table", "表格"],
  hour: ["Hour", "小时"],
  ofSessions: ["Sessions by hour", "每小时会话"],
  came: ["Came", "进线"],
  lastWeek: ["A week before", "上周同日"],
  lost: ["Left without an agent", "未接入离开"],
  ofWaits: ["Wait for an agent, by hour", "每小时接入等待"],
  meanWait: ["Mean", "平均"],
  longestOf: ["Longest", "最长"],
  ofLoad: ["Sessions with agents, by hour", "每小时服务中会话"],
  ofResponse: ["First response, mean, by hour", "每小时平均首次响应"],
  load: ["In service", "服务中"],
  byAgent: ["By agent", "按客服"],
  wholeShop: ["Whole shop", "全店"],
  sessionsCount: ["Sessions", "会话"],
  answeredShare: ["Answered", "应答率"],
  firstResponseMean: ["First response", "首次响应"],
  rounds: ["Rounds", "轮次"],
  responseMean: ["Response", "平均响应"],
  promptRate: ["Within 3 minutes", "3 分钟响应率"],
  ratings: ["Ratings", "评价数"],
  meanStars: ["Stars", "平均星级"],
  nothingYet: ["Nothing happened on this day yet.", "当天暂无数据。"],
} as const satisfies Record<string, Words>;
