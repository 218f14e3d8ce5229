// The texts of the search.

import type { Words } from "../../shared/language.js";

export const searchTexts = {
  search: ["Search", "搜索"],
  searchWords: ["Words that were said; in double quotes they follow each other", "搜索聊天内容；加双引号表示连续的词"],
  fromDay: ["From", "从"],
  toDay: ["To", "至"],
  anyAgent: ["Any agent", "全部客服"],
  nothingFound: ["Nothing was found. Take fewer words, or more days.", "没有找到，请减少关键词或扩大日期范围。"],
  more: ["More", "更多"],
  sessionList: ["Sessions", "会话"],
  transcripts: ["What was said", "聊天内容"],
  opened: ["Opened", "开始"],
  ended: ["Ended", "结束"],
  messagesOf: ["Messages (buyer / agent)", "消息（买家 / 客服）"],
  stars: ["Stars", "星级"],
  readIt: ["Read", "查看"],
  theSystem: ["System", "系统"],
} as const satisfies Record<string, Words>;
