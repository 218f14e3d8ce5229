// The words of a comparison: its figures and what they are split by, under the names that the simulation gives them.

import type { Words } from "../../../shared/language.js";

export const figureWords: Readonly<Record<string, Words>> = {
  arrivals: ["Came", "进线"],
  served: ["Served", "接待"],
  abandoned: ["Left while waiting", "排队放弃"],
  turned_away: ["Turned away", "未能进入"],
  left_over: ["Never served", "始终未接入"],
  service_level: ["Service level", "服务水平"],
  abandonment: ["Abandonment", "放弃率"],
  waited: ["Had to wait", "需排队占比"],
  wait_mean: ["Wait, mean", "平均等待"],
  wait_p50: ["Wait, half at most", "等待 P50"],
  wait_p90: ["Wait, 90 % at most", "等待 P90"],
  wait_p99: ["Wait, 99 % at most", "等待 P99"],
  wait_max: ["Wait, longest", "最长等待"],
  queue_mean: ["In the queue, mean", "平均排队时长"],
  handling_mean: ["Handling, mean", "平均处理时长"],
  relaxed: ["Served after relaxation", "放宽条件后接待"],
  passed_on: ["Passed on", "转出次数"],
  occupancy: ["Occupancy", "占用率"],
  occupancy_variation: ["Occupancy, variation", "占用率离散度"],
  occupancy_max_by_mean: ["Occupancy, highest by mean", "最高占用率与均值之比"],
  sessions_variation: ["Sessions per agent, variation", "人均接待离散度"],
  sessions_max_by_mean: ["Sessions per agent, most by mean", "最多接待与均值之比"],
};

export const valueWords: Readonly<Record<string, Words>> = {
  category: ["About", "问题类型"],
  language: ["Language", "语言"],
  channel: ["Channel", "渠道"],
  priority: ["Priority", "优先级"],
  unspecified: ["not said", "未指定"],
  pre_sale: ["a product", "商品咨询"],
  order: ["an order", "订单问题"],
  logistics: ["delivery", "物流配送"],
  after_sales: ["after-sales", "售后"],
  complaint: ["a complaint", "投诉"],
};
