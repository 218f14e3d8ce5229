// What it costs records to keep messages and to find them: prints a table. Never part of a verdict.
//
//   records_bench [messages]      100,000 by default, in a folder that is removed afterwards
#include <stdlib.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/when_all.h"
#include "services/common/metrics/metrics.h"
#include "services/common/text/analyser.h"
#include "services/records/domain/days.h"
#include "services/records/domain/query.h"
#include "services/records/storage/cursors.h"
#include "services/records/storage/database.h"
#include "services/records/storage/keeper.h"
#include "services/records/storage/reports.h"
#include "services/records/storage/search.h"
#include "tests/support/await.h"

namespace kefu::records {
namespace {

using storage::Fact;
using test::Await;

constexpr int kShops = 32;
constexpr int kMessagesOfATalk = 12;
constexpr int64_t kBegin = 1'795'276'800'000;

// Chatter of a shop: most words are common, a few are rare.
class Chatter {
 public:
  std::string Line() {
    static const std::vector<std::string> kPhrases = {"您好，请问我的订单什么时候发货？",
                                                      "亲，您的包裹已经在路上了，请耐心等待",
                                                      "我想退款，可以吗",
                                                      "這個尺寸還有貨嗎？",
                                                      "可以换成蓝色的吗",
                                                      "好的，谢谢您的帮助",
                                                      "Where is my order? It was due yesterday",
                                                      "Your refund was issued this morning",
                                                      "物流信息一直没有更新",
                                                      "收到的商品有破损，怎么处理",
                                                      "Thanks, that was quick",
                                                      "请提供一下您的手机号码",
                                                      "优惠券怎么使用",
                                                      "已经帮您催促快递了"};
    std::string line = kPhrases[Below(kPhrases.size())];
    if (Below(4) == 0) line += " SF" + std::to_string(100'000 + Below(900'000));
    if (Below(500) == 0) line += " 无线降噪耳机";
    return line;
  }
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

 private:
  std::mt19937 random_{1};
};

struct Shop {
  ShopId id;
  std::vector<std::vector<Fact>> events;
};

// Nine tenths of all messages in the first shop, the rest shared by the others.
std::vector<Shop> MakeShops(int messages) {
  Chatter chatter;
  std::vector<Shop> shops;
  for (int i = 0; i < kShops; ++i) {
    shops.push_back({*ShopId::Parse("shop-" + std::to_string(i)), {}});
  }
  const std::vector<AgentId> agents = {AgentId::New(), AgentId::New(), AgentId::New()};
  for (int made = 0, talk = 0; made < messages; ++talk) {
    Shop& shop = talk % 10 != 0 ? shops[0] : shops[1 + chatter.Below(kShops - 1)];
    const SessionId session(ConversationId::New(), 1);
    const AgentId& agent = agents[chatter.Below(agents.size())];
    int64_t now = kBegin + static_cast<int64_t>(talk) * 10'000;
    storage::SessionFact opened{.session = session, .state = 1};
    opened.open_time = {now};
    shop.events.push_back({opened, storage::OwnerFact{session, 1, agent.str()}});
    for (int i = 0; i < kMessagesOfATalk && made < messages; ++i, ++made) {
      storage::EntryFact entry{.session = session, .seq = static_cast<uint64_t>(i + 1)};
      entry.store_epoch = 1;
      entry.time = {now += 1000 + static_cast<int64_t>(chatter.Below(20'000))};
      entry.sender_kind = i % 2 == 0 ? 1 : 2;
      if (i % 2 != 0) entry.agent = agent.str();
      entry.is_message = true;
      entry.text = chatter.Line();
      shop.events.push_back({entry});
    }
  }
  return shops;
}

// One shop's events, one after the other, each a transaction.
Task<> Feed(storage::Keeper& keeper, const Shop& shop, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) {
    std::vector<Fact> facts = shop.events[i];
    const uint64_t epoch = i == 0 ? 0 : 1;
    redis::CursorMove move{"inquiries", {epoch, i}, {1, i + 1}};
    const absl::Status kept =
        co_await keeper.Keep(shop.id, std::move(facts), std::move(move), TimePoint{kBegin});
    if (!kept.ok()) {
      std::fprintf(stderr, "%s\n", kept.ToString().c_str());
      std::exit(1);
    }
  }
}

Task<> KeepOne(storage::Keeper& keeper, const Shop& shop, size_t i) {
  return Feed(keeper, shop, i, i + 1);
}

// A page at once, as the consumer does it when it has one.
Task<> FeedPages(storage::Keeper& keeper, const Shop& shop, size_t from, size_t to) {
  constexpr size_t kPage = 200;
  for (size_t begin = from; begin < to; begin += kPage) {
    std::vector<Task<>> page;
    for (size_t i = begin; i < std::min(begin + kPage, to); ++i) {
      page.push_back(KeepOne(keeper, shop, i));
    }
    co_await WhenAll(std::move(page));
  }
}

double Seconds(const std::function<void()>& work) {
  const int64_t begin = MonotonicUs();
  work();
  return static_cast<double>(MonotonicUs() - begin) / 1e6;
}

void PrintLatency(const char* name, size_t found, std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  std::printf("| %-44s | %6zu | %8.2f | %8.2f |\n", name, found, ms[ms.size() / 2],
              ms[ms.size() * 99 / 100]);
}

class Bench {
 public:
  explicit Bench(int messages) : shops_(MakeShops(messages)), messages_(messages) {
    char name[] = "/tmp/kefu-records-bench-XXXXXX";
    folder_ = mkdtemp(name);
    analyser_ = *text::Analyser::New();
    database_ = *storage::Database::Open(
        {.path = folder_ + "/records.sqlite", .readers = 1, .chores = {}}, *analyser_, metrics_);
  }
  ~Bench() {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Run() {
    Keep();
    std::printf(
        "\n| search, the newest 20 of one shop             |  found |  p50 ms  |  p99 ms  |\n");
    std::printf("| --- | --- | --- | --- |\n");
    for (const char* words :
         {"耳机", "无线降噪耳机", "款", "订单", "貨", "refunds", "refund morning",
          "\"your refund\"", "订单 物流", "SF123456", "不存在的词"}) {
      Measure(words, words, {});
    }
    const std::string someone =
        std::get<storage::SessionFact>(shops_[0].events[0][0]).session.conversation().str();
    Measure("订单, in one conversation", "订单", {.conversation = someone});
    MeasureFigures();
  }

 private:
  void Keep() {
    storage::Keeper keeper(*database_);
    size_t alone = 0, events = 0;
    for (const Shop& shop : shops_) events += shop.events.size();
    const double one_by_one = Seconds([&] {
      boost::asio::io_context loop;
      alone = std::min<size_t>(5000, shops_[0].events.size());
      Spawn(loop.get_executor(), Feed(keeper, shops_[0], 0, alone));
      loop.run();
    });
    const double beside = Seconds([&] {
      boost::asio::io_context loop;
      for (const Shop& shop : shops_) {
        const size_t from = &shop == &shops_[0] ? alone : 0;
        const size_t to = &shop == &shops_[0] ? alone : shop.events.size();
        Spawn(loop.get_executor(), Feed(keeper, shop, from, to));
      }
      loop.run();
    });
    size_t others = 0;
    for (size_t i = 1; i < shops_.size(); ++i) others += shops_[i].events.size();
    const size_t rest = shops_[0].events.size() - alone;
    const double in_pages = Seconds([&] {
      boost::asio::io_context loop;
      Spawn(loop.get_executor(), FeedPages(keeper, shops_[0], alone, alone + rest));
      loop.run();
    });
    std::printf("| keeping                                       | events | events/s |\n");
    std::printf("| --- | --- | --- |\n");
    std::printf("| one shop, one event a commit                  | %6zu | %8.0f |\n", alone,
                static_cast<double>(alone) / one_by_one);
    std::printf("| 31 shops beside each other                    | %6zu | %8.0f |\n", others,
                static_cast<double>(others) / beside);
    std::printf("| one shop, a page of events at once            | %6zu | %8.0f |\n", rest,
                static_cast<double>(rest) / in_pages);
    std::printf("| file, with %d messages: %.1f MB |\n", messages_,
                static_cast<double>(std::filesystem::file_size(folder_ + "/records.sqlite")) / 1e6);
  }

  void Measure(const char* name, const std::string& words, storage::SearchQuery query) {
    query.query = *domain::ParseQuery(*analyser_, words);
    query.limit = 21;
    std::vector<double> ms;
    size_t found = 0;
    for (int i = 0; i < 100; ++i) {
      ms.push_back(1000 * Seconds([&] {
                     found = Read<std::vector<storage::Hit>>([&](soci::session& sql) {
                               auto hits = storage::Search(sql, shops_[0].id, query);
                               for (const storage::Hit& hit : hits) {
                                 domain::FindMatches(analyser_->Analyse(hit.text), query.query);
                               }
                               return hits;
                             }).size();
                   }));
    }
    PrintLatency(name, found, std::move(ms));
  }

  void MeasureFigures() {
    const auto days = *domain::DaysOf("2026-11-22", "2026-12-22", "Asia/Shanghai");
    std::vector<double> ms;
    size_t rows = 0;
    for (int i = 0; i < 20; ++i) {
      ms.push_back(1000 * Seconds([&] {
                     rows =
                         Read<std::vector<storage::Figures>>([&](soci::session& sql) {
                           return storage::GetFigures(sql, shops_[0].id, days, "", days.back().end);
                         }).size();
                   }));
    }
    PrintLatency("figures of 31 days by agent (rows)", rows, std::move(ms));
  }

  template <class T>
  T Read(std::function<absl::StatusOr<T>(soci::session&)> work) {
    return *Await(database_->Query<T>(std::move(work), MonotonicMs() + 60'000));
  }

  const std::vector<Shop> shops_;
  const int messages_;
  std::string folder_;
  metrics::Metrics metrics_;
  std::unique_ptr<text::Analyser> analyser_;
  std::unique_ptr<storage::Database> database_;
};

}  // namespace
}  // namespace kefu::records

int main(int argc, char** argv) {
  const int messages = argc > 1 ? std::atoi(argv[1]) : 100'000;
  if (messages < 1000) {
    std::fprintf(stderr, "usage: records_bench [messages, at least 1000]\n");
    return 2;
  }
  kefu::records::Bench(messages).Run();
  return 0;
}
