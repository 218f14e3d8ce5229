// Versions and reports that come late, twice and in any order end in the same order.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <variant>

#include "tests/services/orders/domain/samples.h"

namespace kefu::orders::domain {
namespace {

using test::CaseReport;
using test::kNow;
using test::Report;
using test::Version;

using Command = std::variant<Upsert, ReportParcel, ReportCase>;
using Random = std::mt19937_64;

size_t Below(Random& random, size_t bound) { return random() % bound; }

Order Play(const std::vector<Command>& commands) {
  Order order;
  for (const Command& command : commands) {
    if (const auto* upsert = std::get_if<Upsert>(&command)) {
      const auto decision = Apply(order, *upsert, kNow);
      EXPECT_TRUE(decision.ok()) << decision.status();
      if (decision.ok()) order = decision->next;
    } else if (const auto* parcel = std::get_if<ReportParcel>(&command)) {
      order = Apply(order, *parcel).next;
    } else {
      order = Apply(order, std::get<ReportCase>(command)).next;
    }
  }
  return order;
}

// A walk along a table, one step at most for each version.
template <class Axis>
std::vector<Axis> Walk(Random& random, Axis from, int values, size_t length) {
  std::vector<Axis> walk = {from};
  while (walk.size() < length) {
    std::vector<Axis> next = {walk.back()};
    for (int value = 1; value <= values; ++value) {
      if (IsStep(walk.back(), static_cast<Axis>(value))) next.push_back(static_cast<Axis>(value));
    }
    walk.push_back(next[Below(random, next.size())]);
  }
  return walk;
}

// What a source, logistics and after_sales say of one order, in the order in which it happened.
std::vector<Command> History(Random& random) {
  std::vector<Command> history;
  const size_t versions = 1 + Below(random, 6);
  const auto states = Walk(random, State::kOpen, 4, versions);
  const auto payments = Walk(random, Payment::kUnpaid, 10, versions);
  const auto fulfilments = Walk(random, Fulfilment::kUnfulfilled, 8, versions);
  std::vector<ParcelName> parcels;
  for (size_t i = 0; i < versions; ++i) {
    if (Below(random, 2) == 0) {
      const std::string id = std::to_string(parcels.size());
      parcels.push_back({"h_" + id, "shunfeng", "SF" + id});
    }
    if (i > 0 && states[i - 1] == State::kCompleted) break;
    // A completed order is completed in truth, or what is shown depends on who speaks first.
    const bool done = states[i] == State::kCompleted;
    const Said said = {.state = states[i],
                       .payment = done ? Payment::kRefunded : payments[i],
                       .fulfilment = done ? Fulfilment::kDelivered : fulfilments[i]};
    // A source that takes back what it said has no order to end in.
    if (i > 0 && !MayMove(payments[i - 1], *said.payment)) break;
    if (i > 0 && !MayMove(fulfilments[i - 1], *said.fulfilment)) break;
    Upsert version = Version(static_cast<int64_t>(i + 1) * 10, said);
    version.parcels = parcels;
    history.push_back(version);
  }
  for (size_t parcel = 0; parcel < 4; ++parcel) {
    const std::string id = std::to_string(parcel);
    static constexpr const char* kStatuses[] = {"PENDING",   "PICKED_UP", "IN_TRANSIT", "DELIVERED",
                                                "RETURNING", "CANCELLED", "EXCEPTION"};
    for (uint64_t etag = 1; etag <= Below(random, 5); ++etag) {
      history.push_back(Report({"h_" + id, "shunfeng", "SF" + id},
                               kStatuses[Below(random, std::size(kStatuses))], etag,
                               /*delivered=*/etag > 3));
    }
  }
  static constexpr const char* kCaseStates[] = {"REQUESTED", "REJECTED", "REFUND_PENDING", "CLOSED",
                                                "COMPLETED"};
  for (uint64_t etag = 1; etag <= Below(random, 4); ++etag)
    history.push_back(CaseReport("k_1", kCaseStates[Below(random, std::size(kCaseStates))], etag));
  return history;
}

std::string Text(const Order& order) {
  std::string text = std::string(Name(order.state)) + " " + std::string(Name(order.payment)) + " " +
                     std::string(Name(order.fulfilment)) + " " +
                     std::string(Name(order.aftersale)) + " v" +
                     std::to_string(order.source_version);
  for (const auto& [id, parcel] : order.parcels)
    text += " " + id + (parcel.of_source ? "!" : "") + "=" + parcel.status;
  return text;
}

TEST(InterleavingTest, ShuffledAndDoubledHistoriesEndInTheSameOrder) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const std::vector<Command> history = History(random);
    const Order expected = Play(history);
    for (int round = 0; round < 4; ++round) {
      std::vector<Command> mixed = history;
      mixed.insert(mixed.end(), history.begin(), history.end());
      std::shuffle(mixed.begin(), mixed.end(), random);
      const Order ended = Play(mixed);
      ASSERT_EQ(Text(ended), Text(expected));
      ASSERT_TRUE(ended == expected);
    }
  }
}

TEST(InterleavingTest, WithoutVersionNumbersTheyWouldNot) {
  // The control: the same versions, each taken as the newest.
  int differ = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    std::vector<Command> history = History(random);
    const Order expected = Play(history);
    std::reverse(history.begin(), history.end());
    Order order;
    for (const Command& command : history) {
      if (const auto* report = std::get_if<ReportParcel>(&command)) {
        order = Apply(order, *report).next;
      } else if (const auto* upsert = std::get_if<Upsert>(&command)) {
        order.source_version = 0;
        const auto decision = Apply(order, *upsert, kNow);
        if (decision.ok()) order = decision->next;
      }
    }
    // The reports still sort themselves; what the source says does not.
    differ += order.payment != expected.payment || order.parcels != expected.parcels;
  }
  EXPECT_GT(differ, 20);
}

}  // namespace
}  // namespace kefu::orders::domain
