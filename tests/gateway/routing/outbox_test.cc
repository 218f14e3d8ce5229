#include "gateway/routing/outbox.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>

#include <set>

#include "proto/kefu/gateway/v1/events.pb.h"
#include "tests/gateway/routing/support/router_fixture.h"

namespace kefu::gateway::routing {
namespace {

using testing::SizeIs;

class RoutingOutboxTest : public test::RouterTest {
 protected:
  static server::CallScope Scope() {
    server::CallScope scope;
    scope.deadline_ms = MonotonicMs() + 3000;
    return scope;
  }
  absl::StatusOr<events::v1::ReadResponse> Read(uint64_t after, uint64_t epoch = 0,
                                                uint32_t page_size = 0) {
    events::v1::ReadRequest request;
    request.set_after_seq(after);
    request.set_store_epoch(epoch);
    request.set_page_size(page_size);
    return Wait(outbox_->Read(Scope(), shop_, request));
  }
  static v1::SessionRouted RoutedIn(const events::v1::Envelope& envelope) {
    v1::SessionRouted routed;
    EXPECT_TRUE(routed.ParseFromString(envelope.data()));
    return routed;
  }
  void Report(const std::string& consumer, uint64_t seq) {
    events::v1::ReportCursorsRequest request;
    request.set_consumer(consumer);
    auto* const cursor = request.add_cursors();
    cursor->set_shop(shop_.str());
    cursor->set_store_epoch(1);
    cursor->set_seq(seq);
    EXPECT_TRUE(Wait(outbox_->ReportCursors(Scope(), request)).ok());
  }

  const std::unique_ptr<events::Outbox> outbox_ = NewRoutingOutbox(
      *shards_, *router_,
      [this](const std::string& after, size_t) -> Task<absl::StatusOr<std::vector<ShopId>>> {
        return Shops(after);
      },
      &clock_);

 private:
  Task<absl::StatusOr<std::vector<ShopId>>> Shops(std::string after) {
    std::vector<ShopId> shops;
    if (after < shop_.str()) shops.push_back(shop_);
    co_return shops;
  }
};

TEST_F(RoutingOutboxTest, EveryChangeOfOwnershipIsAnEvent) {
  Online(1);
  Arrive(1);
  Complete(1);
  const auto read = Read(0);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->envelopes_size(), 2);
  const events::v1::Envelope& first = read->envelopes(0);
  EXPECT_EQ(first.source(), "routing");
  EXPECT_EQ(first.type(), kSessionRouted);
  EXPECT_EQ(first.subject(), Session(1).str());
  EXPECT_EQ(first.shop(), "demo");
  EXPECT_EQ(first.seq(), 1u);
  EXPECT_EQ(first.store_epoch(), 1u);
  EXPECT_EQ(google::protobuf::util::TimeUtil::TimestampToMilliseconds(first.time()), test::kStart);
  EXPECT_TRUE(IsToken(first.id()));
  EXPECT_EQ(RoutedIn(first).session().agent(), Agent(1).str());
  EXPECT_EQ(RoutedIn(first).session().state(), v1::Session::STATE_ACTIVE);
  EXPECT_EQ(RoutedIn(read->envelopes(1)).session().state(), v1::Session::STATE_CLOSED);
  EXPECT_EQ(RoutedIn(read->envelopes(1)).previous_agent(), Agent(1).str());
  EXPECT_EQ(read->head_seq(), 2u);
  EXPECT_EQ(read->next_seq(), 2u);
}

TEST_F(RoutingOutboxTest, HeadsSayHowLongTheLogIs) {
  Arrive(1);
  Arrive(2);
  const auto heads = Wait(outbox_->ListHeads(Scope(), {}));
  ASSERT_TRUE(heads.ok()) << heads.status();
  ASSERT_EQ(heads->heads_size(), 1);
  EXPECT_EQ(heads->heads(0).shop(), "demo");
  EXPECT_EQ(heads->heads(0).head_seq(), 2u);
}

TEST_F(RoutingOutboxTest, TheLogIsTrimmedBehindItsSlowestReader) {
  for (int n = 1; n <= 10; ++n) Arrive(n);
  Report("records", 4);
  EXPECT_TRUE(Ok(Wait(router_->AdvanceCursor(shop_, "routing", {}, {1, 10}))));
  clock_.Advance(2 * 3'600'000);
  EXPECT_EQ(*Wait(outbox_->Trim(shop_)), 4u);
  EXPECT_EQ(ErrorReason(Read(2, 1).status()), "LOG_TRIMMED");
  EXPECT_THAT(Read(4, 1)->envelopes(), SizeIs(6));
}

TEST_F(RoutingOutboxTest, TheGatewaysOwnReaderCountsLikeAllOthers) {
  for (int n = 1; n <= 10; ++n) Arrive(n);
  Report("records", 10);
  clock_.Advance(2 * 3'600'000);
  EXPECT_EQ(*Wait(outbox_->Trim(shop_)), 0u);
  EXPECT_TRUE(Ok(Wait(router_->AdvanceCursor(shop_, "routing", {}, {1, 3}))));
  EXPECT_EQ(*Wait(outbox_->Trim(shop_)), 3u);
}

TEST_F(RoutingOutboxTest, WithoutOtherReadersTheGatewaysOwnDecides) {
  for (int n = 1; n <= 10; ++n) Arrive(n);
  EXPECT_TRUE(Ok(Wait(router_->AdvanceCursor(shop_, "routing", {}, {1, 6}))));
  clock_.Advance(2 * 3'600'000);
  EXPECT_EQ(*Wait(outbox_->Trim(shop_)), 6u);
}

TEST_F(RoutingOutboxTest, ASnapshotShowsTheSessionsThatLivePageByPage) {
  Online(1);
  for (int n = 1; n <= 7; ++n) Arrive(n);
  Complete(2);
  std::set<std::string> sessions;
  events::v1::SnapshotRequest request;
  request.set_page_size(2);
  do {
    const auto page = Wait(outbox_->Snapshot(Scope(), shop_, request));
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->head_seq(), Read(0)->head_seq());
    for (const auto& envelope : page->envelopes()) {
      EXPECT_EQ(envelope.seq(), 0u);
      EXPECT_EQ(envelope.subject(), RoutedIn(envelope).session().session());
      sessions.insert(envelope.subject());
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(sessions.size(), 6u);
  EXPECT_FALSE(sessions.contains(Session(2).str()));
}

}  // namespace
}  // namespace kefu::gateway::routing
