// The aggregate store as event handlers use it, several processes beside each other.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>

#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/cursors.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace kefu::redis {
namespace {

using test::Await;

// Several consumers read the same log of kEvents events and take them as they like: with an effect,
// with nothing to do, or as a dead letter; sometimes they are cut off before they do anything.
// Answers how often each event had an effect or was buried.
class Consumers {
 public:
  static constexpr uint64_t kEvents = 60;

  Consumers(const std::string& address, uint32_t seed) : random_(seed) {
    for (int i = 0; i < 4; ++i) processes_.push_back(std::make_unique<Process>(address));
  }

  std::map<uint64_t, int> Run() {
    boost::asio::io_context loop;
    for (auto& process : processes_) Spawn(loop.get_executor(), Consume(*process));
    loop.run();
    std::map<uint64_t, int> times;
    for (const char* id : {"even", "odd"}) {
      const std::string state = Await(processes_[0]->store.Load({shop_, "thing", id}))->state;
      for (const char event : state) ++times[static_cast<uint64_t>(event)];
    }
    const auto dead = Await(processes_[0]->cursors->ListDead(shop_, {.limit = kMaxDeadLetters}));
    for (const DeadLetter& letter : *dead) ++times[std::stoull(letter.event)];
    for (const uint64_t seq : passed_) ++times[seq];
    return times;
  }

 private:
  // Its own connection, as another process has.
  struct Process {
    explicit Process(const std::string& address)
        : shards(ShardMap::Single({address, "", ""})),
          store(*shards, "gateway"),
          cursors(NewRedisCursors(*shards, "gateway")) {}
    std::unique_ptr<ShardMap> shards;
    AggregateStore store;
    std::unique_ptr<CursorStore> cursors;
  };

  Task<> Consume(Process& process) {
    while (true) {
      const absl::StatusOr<Cursor> at = co_await process.cursors->Get(shop_, "orders");
      EXPECT_TRUE(at.ok()) << at.status();
      if (!at.ok() || at->seq >= kEvents) co_return;
      const uint64_t seq = at->seq + 1;
      const absl::Status status = co_await Handle(process, *at, {1, seq}, random_() % 10);
      EXPECT_TRUE(status.ok() || ErrorReason(status) == "CURSOR_MOVED" ||
                  ErrorReason(status) == "VERSION_CONFLICT")
          << status;
    }
  }

  Task<absl::Status> Handle(Process& process, Cursor expected, Cursor next, uint32_t choice) {
    const std::string source = "orders";
    if (choice == 0) co_return absl::OkStatus();  // cut off
    if (choice == 1) {
      const absl::Status moved = co_await process.cursors->Advance(shop_, source, expected, next);
      if (moved.ok()) passed_.insert(next.seq);
      co_return moved;
    }
    if (choice == 2) {
      DeadLetter letter;
      letter.source = source;
      letter.event = std::to_string(next.seq);
      co_return co_await process.cursors->Bury(shop_, std::move(letter), expected, next);
    }
    const AggregateId id{shop_, "thing", next.seq % 2 == 0 ? "even" : "odd"};
    // Without a request id: the cursor alone keeps the effect single.
    const Request anonymous;
    AggregateStore::Decide decide = [next](const Snapshot& now) -> absl::StatusOr<Change> {
      return Change{.state = now.state + static_cast<char>(next.seq)};
    };
    std::optional<CursorMove> move = CursorMove{source, expected, next};
    co_return (co_await process.store.Update(id, anonymous, std::move(decide), std::move(move)))
        .status();
  }

  const ShopId shop_ = ShopId::Parse("demo").value();
  std::minstd_rand random_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::multiset<uint64_t> passed_;
};

TEST(AggregateCursorsProperty, EveryEventIsTakenExactlyOnceHoweverManyReadTheSameLog) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    test::RedisServer server;
    server.LoadFunctions("gateway");
    const auto times = Consumers(server.address(), seed).Run();
    for (uint64_t seq = 1; seq <= Consumers::kEvents; ++seq) {
      const auto found = times.find(seq);
      EXPECT_EQ(found == times.end() ? 0 : found->second, 1)
          << "event " << seq << ", seed " << seed;
    }
  }
}

TEST(AggregateCursorsProperty, WithoutTheCheckOfTheCursorEventsAreTakenTwice) {
  test::RedisServer server;
  server.LoadFunctionsWithoutCursorCheck("gateway");
  int doubled = 0;
  for (const auto& [seq, count] : Consumers(server.address(), 1).Run()) doubled += count > 1;
  EXPECT_GT(doubled, 0);
}

}  // namespace
}  // namespace kefu::redis
