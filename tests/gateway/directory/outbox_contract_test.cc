// The directory's log keeps what every outbox promises.
#include "tests/contract/outbox_contract.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "gateway/directory/directory.h"
#include "gateway/directory/notices.h"
#include "gateway/directory/outbox.h"
#include "gateway/directory/storage/records.h"
#include "proto/kefu/gateway/v1/events.pb.h"
#include "tests/contract/outbox_trimming_contract.h"
#include "tests/support/aggregate_world.h"

namespace kefu::contract {
namespace {

namespace directory = gateway::directory;
using redis::IndexChange;
using test::Await;

// Things are agents; their states are their names.
class DirectoryWorld final : public OutboxWorld {
 public:
  events::Outbox& outbox() override { return *outbox_; }
  ManualClock& clock() override { return world_.clock(); }

  std::string Put(const ShopId& shop, const std::string& thing) override {
    List(shop);
    const std::string id = AgentId::FromToken(DeriveToken("agent", thing)).str();
    things_[id] = thing;
    directory::Agent agent;
    agent.display_name = "Name " + std::to_string(++changes_);
    Commit({shop, std::string(directory::kAgentType), id},
           {.state = directory::Encode(agent),
            .indexes = {Listed(directory::kAgentsIndex, id)},
            .events = {Changed("agent", id)}});
    return agent.display_name;
  }
  std::optional<Shown> Look(const events::v1::Envelope& envelope) override {
    gateway::v1::AgentUpdated updated;
    if (envelope.type() != type()) return std::nullopt;
    EXPECT_TRUE(updated.ParseFromString(envelope.data()));
    return Shown{things_.at(envelope.subject()), updated.display_name()};
  }
  std::string type() override { return std::string(directory::kAgentUpdated); }
  bool PutOther(const ShopId& shop) override {
    List(shop);
    Commit(
        {shop, std::string(directory::kShopType), shop.str()},
        {.state = directory::Encode(directory::Shop()), .events = {Changed("shop", shop.str())}});
    return true;
  }
  void DropBefore(const ShopId& shop, uint64_t first) override {
    world_.Command(shop, {"XTRIM", world_.store().Key(shop, "outbox"), "MINID", "=",
                          std::to_string(first) + "-0"});
  }

 private:
  static IndexChange Listed(std::string_view index, const std::string& member) {
    return {IndexChange::Kind::kSortedAdd, std::string(index), member, "0"};
  }
  static redis::NewEvent Changed(const std::string& kind, const std::string& subject) {
    gateway::v1::DirectoryChanged change;
    change.set_kind(kind);
    change.set_subject(subject);
    return {std::string(directory::kDirectoryChanged), subject, change.SerializeAsString()};
  }
  void Commit(redis::AggregateId id, const redis::Change& change) {
    const redis::Aggregates::Decide decide =
        [&change](const redis::Snapshot&) -> absl::StatusOr<redis::Change> { return change; };
    const auto committed = Await(world_.store().Update(std::move(id), {}, decide));
    ASSERT_TRUE(committed.ok()) << committed.status();
  }
  // In the directory's own list of shops.
  void List(const ShopId& shop) {
    Commit({std::nullopt, std::string(directory::kShopType), shop.str()},
           {.state = "listed", .indexes = {Listed(directory::kShopsIndex, shop.str())}});
  }

  test::RedisAggregateWorld world_{"gateway"};
  const std::unique_ptr<events::Outbox> outbox_ =
      directory::NewDirectoryOutbox(world_.shards(), world_.store());
  // By agent.
  std::map<std::string, std::string> things_;
  int changes_ = 0;
};

const OutboxSubject kDirectory{"directory", [] { return std::make_unique<DirectoryWorld>(); }};
INSTANTIATE_TEST_SUITE_P(Outbox, OutboxContract, testing::Values(kDirectory), OutboxSubjectName);
INSTANTIATE_TEST_SUITE_P(Outbox, OutboxTrimmingContract, testing::Values(kDirectory),
                         OutboxSubjectName);
// Its events are small.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OutboxOfBigEventsContract);

}  // namespace
}  // namespace kefu::contract
