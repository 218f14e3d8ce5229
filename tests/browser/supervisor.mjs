// The supervisor's pages in a real browser: figures, search, staffing, roster, what if, the board's charts.
//
//   node supervisor.mjs FOLDER_FOR_SCREENSHOTS
//
// Needs the environment of deploy/dev/up.sh --once-ready and Debian's chromium. Ends with the line "N passed, N failed".
import { Guest, dialog, faultless, first, password, picture, signIn } from "./staff.mjs";
import { Agent, assert, check, finish, patience, until, withBrowser } from "./support.mjs";

const words = "紫砂壶会不会漏水";
const field = (page, id) => page.locator(`#${id}`);
const head = (page, title) => page.locator(".page-head h2").getByText(title, { exact: true }).waitFor({ timeout: patience });

async function open(page, path, title) {
  await page.goto(`${first}/console/#${path}`);
  await head(page, title);
}

async function press(page, name) {
  await page.getByRole("button", { name, exact: true }).click();
}

// A buyer who was served, and one who still waits for an answer.
async function someHistory() {
  const agent = await Agent.signIn(first, "demo", "agent2", password);
  await agent.be("ONLINE");
  const served = await Guest.asks(words);
  const session = await agent.given(words);
  await agent.say(session, "不会，放心使用。");
  await served.say("谢谢");
  await agent.told("entry", (entry) => entry.content?.text?.body === "谢谢");
  await agent.close(session);
  return agent;
}

async function looksBack(page) {
  await check("a day's figures by the hour and by agent", async () => {
    await until("records to have it", async () => {
      await open(page, "/figures", "数据");
      await page.locator(".ant-table-row").first().waitFor({ timeout: patience });
      return (await page.locator(".ant-table-row").filter({ hasText: "Agent 2" }).count()) === 1;
    });
    assert((await page.locator(".chart canvas").count()) === 4, "no four charts");
    await page.locator(".chart summary").first().click();
    const hours = await page.locator(".chart").first().locator("tbody tr").count();
    assert(hours >= 23 && hours <= 25, `${hours} hours`);
    await picture(page, "figures");
    await faultless(page);
  });
  await check("what was said is found, marked, and read in its place", async () => {
    await open(page, "/search", "搜索");
    await page.getByRole("searchbox").fill("紫砂壶");
    await page.getByRole("searchbox").press("Enter");
    await page.locator("mark").getByText("紫砂壶").first().waitFor({ timeout: patience });
    await page.locator(".found").getByRole("button", { name: "查看" }).first().click();
    await page.locator(".reading .was-found").getByText(words).waitFor({ timeout: patience });
    await picture(page, "search");
    await faultless(page);
  });
  await check("what nobody said is answered with what to do", async () => {
    await page.getByRole("searchbox").fill("绝无此词绝无此词");
    await page.getByRole("searchbox").press("Enter");
    await page.getByText("没有找到，请减少关键词或扩大日期范围。").waitFor({ timeout: patience });
  });
  await check("the sessions of the days", async () => {
    await page.locator(".ant-segmented-item").filter({ hasText: "会话" }).click();
    await page.locator(".ant-table-row").filter({ hasText: "2 / 1" }).first().waitFor({ timeout: patience });
    await faultless(page);
  });
  await check("why its agent had an ended session", async () => {
    await page.locator(".ant-table-row").filter({ hasText: "2 / 1" }).first().getByRole("button", { name: "分配原因" }).click();
    await dialog(page).getByText(/等待|已不再保留/).first().waitFor({ timeout: patience });
    await faultless(page);
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "hidden", timeout: patience });
  });
}

async function calculates(page) {
  await check("the first reference case: 88.8 % within 20 s with 14 agents, beside more and fewer", async () => {
    await open(page, "/planning/staffing", "人力测算");
    await press(page, "计 算");
    const asked = page.locator(".ant-table-row.in-question");
    await asked.waitFor({ timeout: patience });
    const cells = await asked.locator("td").allInnerTexts();
    assert(cells.slice(0, 4).join(" ") === "14 88.8% 7.8 17.4%", cells.join(" "));
    assert((await page.locator(".ant-table-row").count()) === 9, "no nine rows");
    await picture(page, "staffing");
    await faultless(page);
  });
  await check("more than the agents can do is an answer, and says how many it takes", async () => {
    await field(page, "agents").fill("8");
    await press(page, "计 算");
    await page.getByText("进线超过处理能力，队列会不断增长，至少需要 11 人。").waitFor({ timeout: patience });
    assert((await page.locator(".ant-table-row.in-question").innerText()).includes("∞"), "a wait that ends");
  });
  await check("nonsense is refused at its field", async () => {
    await field(page, "agents").fill("0");
    await press(page, "计 算");
    await page.locator(".ant-form-item-has-error #agents").waitFor({ timeout: patience });
  });
  await check("a roster from what came on a day", async () => {
    await open(page, "/planning/forecast", "排班预测");
    const today = await page.evaluate(() => {
      const now = new Date();
      const two = (n) => String(n).padStart(2, "0");
      return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
    });
    await page.locator("fieldset input[type=date]").fill(today);
    await press(page, "填 入");
    const forecast = await until("the forecast", async () => {
      const numbers = (await field(page, "intervals").inputValue()).split(" ").map(Number);
      return numbers.some((n) => n > 0) && numbers;
    });
    await press(page, "计 算");
    await page.locator(".ant-descriptions").getByText("高峰在岗人数").waitFor({ timeout: patience });
    assert((await page.locator(".ant-table-row").count()) === forecast.length, "not a row for each hour");
    await picture(page, "roster");
    await faultless(page);
  });
  await check("a forecast that is none, and a plan without a goal, are refused with what to do", async () => {
    await field(page, "intervals").fill("many");
    await press(page, "计 算");
    await page.getByText("请填写数字，用空格分隔。").waitFor({ timeout: patience });
    await field(page, "intervals").fill("10 20");
    for (const goal of ["serviceLevel", "maxOccupancy"]) await field(page, goal).fill("");
    await press(page, "计 算");
    await page.locator(".ant-form-item-explain-error").getByText("请至少填写一个目标").waitFor({ timeout: patience });
  });
}

async function tries(page) {
  await check("the routing as it is beside first come, first served, with progress", async () => {
    await open(page, "/planning/what-if", "模拟对比");
    await field(page, "arrivalsPerHour").fill("30");
    await field(page, "hours").fill("2");
    await field(page, "repetitions").fill("2");
    await field(page, "shares_after_sales").fill("40");
    await press(page, "开始模拟");
    await page.locator(".progress").waitFor({ timeout: patience });
    await page.locator(".ant-table-row").filter({ hasText: "服务水平" }).waitFor({ timeout: 60_000 });
    assert((await page.locator(".ant-table-row").count()) > 15, "few figures");
    await picture(page, "what-if");
    await faultless(page);
  });
  await check("the figures of some of the sessions", async () => {
    const row = page.locator(".ant-table-row").filter({ hasText: "进线" });
    const all = await row.innerText();
    await page.locator(".slices").click();
    await page.locator(".ant-select-item-option").filter({ hasText: "售后" }).click();
    await until("other figures", async () => (await row.innerText()) !== all);
  });
  await check("another routing is written beside the real one, and checked", async () => {
    await page.locator(".ant-segmented-item").filter({ hasText: "修改后的规则" }).click();
    await page.getByText("尚未修改。").waitFor({ timeout: patience });
    await press(page, "修改规则…");
    await page.locator(".ant-drawer .document").waitFor({ timeout: patience });
    await page.locator(".ant-drawer .field[data-path='waiting_limit'] input, .ant-drawer .field input").first().waitFor({ timeout: patience });
    await faultless(page);
    await picture(page, "what-if-routing");
    await page.keyboard.press("Escape");
  });
  await check("a long one is stopped", async () => {
    await page.locator(".ant-segmented-item").filter({ hasText: "先到先得" }).click();
    await field(page, "arrivalsPerHour").fill("600");
    await field(page, "hours").fill("30");
    await press(page, "开始模拟");
    await press(page, "停 止");
    await page.locator(".progress").waitFor({ state: "detached", timeout: patience });
  });
  await check("what came on a day is played again", async () => {
    await page.locator(".ant-segmented-item").filter({ hasText: "重放历史" }).click();
    await field(page, "day").fill(await page.evaluate(() => new Date().toLocaleDateString("sv")));
    await press(page, "开始模拟");
    await page.getByText(/共模拟 \d+ 个会话，重复 \d+ 次/).waitFor({ timeout: 60_000 });
  });
}

async function watches(page, agent) {
  await check("the board draws what it is told", async () => {
    await page.goto(`${first}/console/#/board`);
    await page.locator(".board .chart canvas").first().waitFor({ timeout: patience });
    await Guest.asks("看板测试");
    const session = await agent.given("看板测试");
    await page.locator(".board tbody tr").filter({ hasText: "售前" }).locator("td").nth(3).getByText("1", { exact: true }).waitFor({ timeout: patience });
    await faultless(page);
    await picture(page, "board-charts");
    await agent.close(session);
  });
  await check("in English, in the dark, on a narrow screen", async () => {
    await page.getByRole("button", { name: "English" }).click();
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 480, height: 900 });
    for (const [path, title, name] of [["/figures", "Figures", "figures"], ["/planning/staffing", "Agents needed", "staffing"]]) {
      await open(page, path, title);
      await page.locator(path === "/figures" ? ".chart canvas" : ".inputs").first().waitFor({ timeout: patience });
      await picture(page, `${name}-narrow-en`);
      await faultless(page);
    }
  });
}

await withBrowser({ reducedMotion: "reduce", timezoneId: "Asia/Shanghai" }, async (context, page) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  const agent = await someHistory();
  await page.goto(`${first}/console/`);
  await signIn(page, "supervisor");
  await page.getByRole("link", { name: "看板", exact: true }).waitFor({ timeout: patience });
  await looksBack(page);
  await calculates(page);
  await tries(page);
  await watches(page, agent);
  await check("no page's policy was broken and nothing was thrown", () => {
    assert(context.faults.length === 0, context.faults.join("; "));
  });
  await agent.be("OFFLINE");
  agent.leave();
});
finish();
