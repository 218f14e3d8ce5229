// What the server says about a field, in Chinese. The server speaks English; what is not known here is shown as it
// says it, after a sentence of ours. Pure.

import type { Language } from "../../shared/language.js";

const name = "以字母开头，";
const table: readonly (readonly [RegExp, string])[] = [
  [/^must (?:not be empty|be set|have a word or a number in it)$/, "不能为空"],
  [/^must have at most (\S+) (?:bytes|characters)$/, "最多 $1 个字节"],
  [/^must have at most (\S+) elements$/, "最多 $1 项"],
  [/^must have at least (\S+) bytes$/, "至少 $1 个字节"],
  [/^must have (\S+) to (\S+) elements$/, "须有 $1 到 $2 项"],
  [/^(\S+) to (\S+) bytes$/, "须为 $1 到 $2 个字节"],
  [/^must be (\S+) to (\S+) of a-z, 0-9, '_' and '-', beginning with a letter/, `须为 $1 到 $2 位小写字母 a-z、数字、_ 或 -，${name}不含其他字符`],
  [/^(\S+) to (\S+) of a-z, 0-9, .*beginning with a letter$/, `须为 $1 到 $2 位小写字母 a-z、数字或符号，${name}不含其他字符`],
  [/^must be (\S+) to (\S+) letters, digits and '-'$/, "须为 $1 到 $2 位字母、数字或 -"],
  [/^must be (\S+) to (\S+) lines of the order$/, "请选择 $1 到 $2 行商品"],
  [/^(?:must be|The capacity is) (\S+) to (\S+?)(?: seconds)?$/, "须在 $1 到 $2 之间"],
  [/^must be (?:at least (\S+)|(\S+) at least)$/, "不能小于 $1$2"],
  [/^(?:must be |a weight is )?at most (\S+?)(?:; leave out those that are over|; 0 for no limit)?$/i, "最大为 $1"],
  [/^must be above 0, at most (\S+)$/, "须大于 0，最大为 $1"],
  [/^must be (?:above 0(?: seconds)?|more than nothing)$/, "须大于 0"],
  [/^must be at most (\S+) days away$/, "须在 $1 天以内"],
  [/^must not be negative/, "不能为负数"],
  [/^must be a time to come, within (\S+) days$/, "须为 $1 天以内的未来时间"],
  [/^must be (?:a time after 1970|a day like)/, "日期不正确"],
  [/^must (?:be after from_time|not be before from_day)$/, "结束须晚于开始"],
  [/^must be an ISO 4217 code/, "须为币种代码，如 CNY"],
  [/^must be two capital letters/, "须为两位大写国家代码"],
  [/^must be a decimal number/, "须为金额，如 19.90"],
  [/^must begin with http/, "须以 http:// 或 https:// 开头"],
  [/^must name a host$/, "须含主机名"],
  [/^must not contain spaces, quotes or control characters$/, "不能含空格、引号或控制字符"],
  [/^must be UTF-8 without NUL$|^At most (\S+) bytes without control characters$/, "含不可用的字符或过长"],
  [/^must be a time zone|^A time zone such as/, "须为时区名，如 Asia/Shanghai"],
  [/^A language tag such as/, "须为语言代码，如 zh-CN 或 en"],
  [/^A date such as/, "须为日期，如 2026-10-01"],
  [/^A time from (\S+) to (\S+)$/, "须为 $1 到 $2 的时间"],
  [/^A level is (\S+) to (\S+)$/, "等级为 $1 到 $2"],
  [/^must tell the buyer why$/, "请告知买家原因"],
  [/^is there twice|stands here twice$|^The skill is asked for twice$|^must be unique/, "重复了"],
  [/^is not (?:a line of the order|in the case)$/, "不在此订单或售后单中"],
  [/^The role is /, "请选择角色"],
  [/^There is no |^The shop has no /, "不存在，请重新选择"],
  [/^A group without hours is always open$/, "未设时间的技能组始终营业"],
  [/^A rule without conditions/, "规则没有条件；无规则匹配时使用默认技能组"],
  [/^It leads back: (.*)$/, "溢出形成循环：$1"],
  [/^Name a group, or what is said/, "请选择技能组或填写留言提示"],
  [/^Name (?:a weekday|at least one group)$/, "请至少选择一项"],
  [/^Nobody waits that long/, "超过了等待上限，永远不会生效"],
  [/^Only optional skills have a value$/, "只有可选技能才有权重"],
  [/^Say something, in one of the shop's languages$/, "请用店铺的任一语言填写"],
  [/^The group does not ask for this skill$/, "该技能组不要求此技能"],
  [/^The step admits fewer agents/, "比上一步可接待的客服更少；放宽只能增加"],
  [/^The step admits nobody/, "没有比上一步多任何客服"],
  [/^These hours are never open/, "没有任何营业时段"],
  [/^Where agents claim, nothing is offered$/, "手动领取的技能组不会发出邀请"],
  [/^Set a goal: /, "请至少填写一个目标"],
];

export function refusalText(language: Language, description: string): string {
  if (language === "en") return description;
  const plain = description.trim().replace(/\.$/, "");
  for (const [pattern, words] of table) {
    const found = pattern.exec(plain);
    if (found) return words.replace(/\$(\d)/g, (_, index: string) => found[Number(index)] ?? "");
  }
  return `不符合要求：${description}`;
}
