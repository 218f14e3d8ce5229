#include "gateway/directory/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/kefu/gateway/v1/events.pb.h"
#include "services/common/base/status.h"
#include "services/common/events/publisher.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway::directory {
namespace {

using kefu::test::Await;
using testing::ElementsAre;
using testing::IsEmpty;

class DirectoryOutboxTest : public testing::Test {
 protected:
  DirectoryOutboxTest() {
    world_.AddShop("demo");
    world_.AddPerson("ada");
    agent_ = world_.AddAgent("demo", "ada", StaffRole::kSupervisor);
  }

  static server::CallScope Scope() {
    server::CallScope scope;
    scope.deadline_ms = MonotonicMs() + 3000;
    return scope;
  }
  events::v1::ReadResponse Read(std::vector<std::string> types = {}) {
    events::v1::ReadRequest request;
    for (const std::string& type : types) request.add_types(type);
    return Await(outbox_->Read(Scope(), world_.demo, request)).value();
  }
  static v1::AgentUpdated AgentIn(const events::v1::Envelope& envelope) {
    v1::AgentUpdated agent;
    EXPECT_TRUE(agent.ParseFromString(envelope.data()));
    return agent;
  }
  void Rename(const std::string& name, bool disabled) {
    UpdateAgent command{.agent = agent_->id,
                        .display_name = name,
                        .role = StaffRole::kSupervisor,
                        .capacity = 100,
                        .disabled = disabled};
    ASSERT_TRUE(
        Await(world_.here.registrar.UpdateAgent(world_.Fresh(), world_.demo, command)).ok());
  }

  test::World world_;
  std::optional<AgentInfo> agent_;
  const std::unique_ptr<events::Outbox> outbox_ = NewDirectoryOutbox(world_.shards(), world_.store);
};

TEST_F(DirectoryOutboxTest, AnAgentIsShownWithNameRoleAndVersion) {
  const events::v1::ReadResponse read = Read({std::string(kAgentUpdated)});
  ASSERT_EQ(read.envelopes_size(), 1);
  const events::v1::Envelope& envelope = read.envelopes(0);
  EXPECT_EQ(envelope.source(), "directory");
  EXPECT_EQ(envelope.subject(), agent_->id.str());
  EXPECT_EQ(envelope.shop(), "demo");
  const v1::AgentUpdated agent = AgentIn(envelope);
  EXPECT_EQ(agent.agent(), agent_->id.str());
  EXPECT_EQ(agent.display_name(), "ada");
  EXPECT_EQ(agent.role(), ROLE_SUPERVISOR);
  EXPECT_FALSE(agent.disabled());
  EXPECT_EQ(agent.version(), 1u);
  EXPECT_EQ(read.next_seq(), read.head_seq());
}

TEST_F(DirectoryOutboxTest, EveryChangeOfAnAgentIsAnEventWithThePresentState) {
  Rename("Ada L.", true);
  const events::v1::ReadResponse read = Read({std::string(kAgentUpdated)});
  ASSERT_EQ(read.envelopes_size(), 2);
  EXPECT_NE(read.envelopes(0).id(), read.envelopes(1).id());
  for (const events::v1::Envelope& envelope : read.envelopes()) {
    EXPECT_EQ(AgentIn(envelope).display_name(), "Ada L.");
    EXPECT_TRUE(AgentIn(envelope).disabled());
    EXPECT_EQ(AgentIn(envelope).version(), 2u);
  }
}

TEST_F(DirectoryOutboxTest, AnAgentOfADisabledPersonIsShownAsDisabled) {
  ASSERT_TRUE(Await(world_.here.registrar.SetPersonDisabled(world_.Fresh(), "ada", true)).ok());
  const events::v1::ReadResponse read = Read({std::string(kAgentUpdated)});
  ASSERT_GT(read.envelopes_size(), 0);
  EXPECT_TRUE(AgentIn(read.envelopes(0)).disabled());
}

TEST_F(DirectoryOutboxTest, WhatIsNotAnAgentComesAsItWasTold) {
  std::vector<std::string> types;
  const events::v1::ReadResponse read = Read();
  for (const events::v1::Envelope& envelope : read.envelopes()) types.push_back(envelope.type());
  EXPECT_THAT(types, ElementsAre(std::string(kDirectoryChanged), std::string(kAgentUpdated)));
  EXPECT_EQ(Read({std::string(kDirectoryChanged)}).envelopes_size(), 1);
}

TEST_F(DirectoryOutboxTest, ASnapshotShowsEveryAgentAndNothingElse) {
  world_.AddPerson("bob");
  world_.AddAgent("demo", "bob");
  const auto page = Await(outbox_->Snapshot(Scope(), world_.demo, {}));
  ASSERT_TRUE(page.ok()) << page.status();
  std::vector<std::string> names;
  for (const events::v1::Envelope& envelope : page->envelopes()) {
    EXPECT_EQ(envelope.type(), kAgentUpdated);
    names.push_back(AgentIn(envelope).display_name());
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("ada", "bob"));
  EXPECT_EQ(page->next_page_token(), "");
  EXPECT_EQ(page->head_seq(), Read().head_seq());
}

TEST_F(DirectoryOutboxTest, EveryShopOfTheDirectoryIsListedAlsoOfAnEarlierRelease) {
  world_.AddShop("second");
  // What this release lists by itself, an earlier one did not.
  world_.Command({"DEL", world_.store.Key(std::nullopt, "log_shops")});
  const auto heads = Await(outbox_->ListHeads(Scope(), {}));
  ASSERT_TRUE(heads.ok()) << heads.status();
  std::vector<std::string> shops;
  for (const auto& head : heads->heads()) shops.push_back(head.shop());
  EXPECT_THAT(shops, ElementsAre("demo", "second"));
}

TEST(DirectoryNotices, ReadersOfTheLogAreToldThatItGrew) {
  std::vector<std::pair<std::string, std::string>> published;
  Notices notices([&](std::string_view topic,
                      std::string_view envelope) { published.emplace_back(topic, envelope); },
                  [](const std::string&) {});
  events::v1::Envelope envelope;
  envelope.set_shop("demo");
  envelope.set_seq(7);
  envelope.set_store_epoch(2);
  envelope.set_data("secret");
  notices.Tell(envelope);
  ASSERT_EQ(published.size(), 2u);
  EXPECT_EQ(published[1].first, events::Topic("*", "log:directory"));
  EXPECT_FALSE(Notices::IsTopic(published[1].first));
  events::v1::Envelope grown;
  ASSERT_TRUE(grown.ParseFromString(published[1].second));
  EXPECT_EQ(grown.source(), "directory");
  EXPECT_EQ(grown.shop(), "demo");
  EXPECT_EQ(grown.seq(), 7u);
  EXPECT_EQ(grown.store_epoch(), 2u);
  EXPECT_THAT(grown.data(), IsEmpty());
}

TEST(DirectoryNotices, WhatIsNotLoggedOrOfNoShopIsNotToldToReadersOfTheLog) {
  int published = 0;
  Notices notices([&](std::string_view, std::string_view) { ++published; },
                  [](const std::string&) {});
  notices.Tell(*ShopId::Parse("demo"), "sign_in", "x");
  EXPECT_EQ(published, 1);
  events::v1::Envelope of_no_shop;
  of_no_shop.set_seq(3);
  notices.Tell(of_no_shop);
  EXPECT_EQ(published, 2);
}

}  // namespace
}  // namespace kefu::gateway::directory
