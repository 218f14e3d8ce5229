#include "gateway/webhooks/webhook_book.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "services/common/base/status.h"
#include "tests/support/aggregate_world.h"
#include "tests/support/await.h"

namespace kefu::gateway::webhooks {
namespace {

using kefu::test::Await;

// In memory and on Redis.
class WebhookBookTest : public testing::TestWithParam<kefu::test::AggregateSubject> {
 protected:
  static redis::Request Named(std::string id, std::string hash = "hash") {
    return {std::move(id), std::move(hash), ""};
  }
  redis::Request Fresh() { return Named("r-" + std::to_string(++requests_)); }
  absl::StatusOr<OpenedWebhook> Create(redis::Request request,
                                       NewWebhook webhook = {"kuaidi100", "快递", "salt"}) {
    return Await(book_.Create(std::move(request), demo_, std::move(webhook)));
  }
  Webhooks List() { return Await(book_.List(demo_)).value(); }

  int requests_ = 0;
  const ShopId demo_ = *ShopId::Parse("demo");
  const std::unique_ptr<kefu::test::AggregateWorld> world_ = GetParam().make("gateway");
  const directory::KeyRing master_keys_ =
      *directory::KeyRing::Parse("m1 " + std::string(64, '1'), 2);
  WebhookBook book_{world_->store(), master_keys_};
};

INSTANTIATE_TEST_SUITE_P(Stores, WebhookBookTest, testing::ValuesIn(kefu::test::BothAggregates()),
                         kefu::test::NameOf);

TEST_P(WebhookBookTest, WhatWasCreatedIsListedAndOpened) {
  EXPECT_TRUE(List().empty());
  const auto created = Create(Fresh());
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->secret, "salt");
  ASSERT_EQ(List().size(), 1u);
  EXPECT_EQ(List()[0], created->webhook);
  EXPECT_EQ(List()[0].create_time, kefu::test::AggregateWorld::kNow);
  const auto opened = Await(book_.Get(demo_, created->webhook.id));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->secret, "salt");
}

TEST_P(WebhookBookTest, ASecretIsMadeIfNoneIsGiven) {
  const auto one = Create(Fresh(), {"kuaidi100", "a", ""});
  const auto two = Create(Fresh(), {"kuaidi100", "b", ""});
  EXPECT_EQ(one->secret.size(), 32u);
  EXPECT_NE(one->secret, two->secret);
}

TEST_P(WebhookBookTest, TheSameRequestAgainAnswersTheSame) {
  const redis::Request request = Fresh();
  const auto first = Create(request, {"kuaidi100", "a", ""});
  const auto second = Create(request, {"kuaidi100", "a", ""});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->webhook.id, second->webhook.id);
  EXPECT_EQ(first->secret, second->secret);
  EXPECT_EQ(List().size(), 1u);
  EXPECT_EQ(ErrorReason(Create(Named(request.id, "other")).status()), "REQUEST_ID_REUSED");
}

TEST_P(WebhookBookTest, SecretsRestSealedInTheirPlace) {
  ASSERT_TRUE(Create(Fresh(), {"aftership", "a", "do not tell"}).ok());
  const std::string stored =
      Await(world_->store().Load({demo_, "webhooks", demo_.str()})).value().state;
  EXPECT_NE(stored.find("aftership"), std::string::npos);
  EXPECT_EQ(stored.find("do not tell"), std::string::npos);
}

TEST_P(WebhookBookTest, AShopHasTwentyAtMost) {
  for (size_t i = 0; i < kMaxWebhooks; ++i) ASSERT_TRUE(Create(Fresh()).ok()) << i;
  EXPECT_EQ(ErrorReason(Create(Fresh()).status()), "TOO_MANY_WEBHOOKS");
  const WebhookId first = List()[0].id;
  ASSERT_TRUE(Await(book_.Delete(Fresh(), demo_, first)).ok());
  EXPECT_TRUE(Create(Fresh()).ok());
}

TEST_P(WebhookBookTest, WhatWasDeletedIsGoneAtOnce) {
  const auto created = Create(Fresh());
  const WebhookId id = created->webhook.id;
  const redis::Request request = Fresh();
  ASSERT_TRUE(Await(book_.Delete(request, demo_, id)).ok());
  EXPECT_EQ(ErrorReason(Await(book_.Get(demo_, id)).status()), "NO_SUCH_WEBHOOK");
  EXPECT_TRUE(Await(book_.Delete(request, demo_, id)).ok()) << "a repetition";
  EXPECT_EQ(ErrorReason(Await(book_.Delete(Fresh(), demo_, id))), "NO_SUCH_WEBHOOK");
}

TEST_P(WebhookBookTest, AnotherShopsAreNotThere) {
  const auto created = Create(Fresh());
  const ShopId other = ShopId::Parse("other").value();
  EXPECT_EQ(ErrorReason(Await(book_.Get(other, created->webhook.id)).status()), "NO_SUCH_WEBHOOK");
  EXPECT_TRUE(Await(book_.List(other))->empty());
}

TEST_P(WebhookBookTest, WhatIsWrongIsNamed) {
  EXPECT_EQ(ErrorReason(Create(Fresh(), {"fax", "a", ""}).status()), "UNKNOWN_SOURCE");
  EXPECT_EQ(ErrorReason(Create(Fresh(), {"aftership", "", ""}).status()), "INVALID_FIELD");
  EXPECT_EQ(ErrorReason(Create(Fresh(), {"aftership", "a", "abc"}).status()), "INVALID_FIELD");
  EXPECT_EQ(ErrorReason(Create(Fresh(), {"aftership", "a", std::string(257, 'x')}).status()),
            "INVALID_FIELD");
}

TEST_P(WebhookBookTest, ANewMasterKeyTakesSecretsOver) {
  const auto created = Create(Fresh());
  const auto both =
      directory::KeyRing::Parse("m2 " + std::string(64, '3') + "\nm1 " + std::string(64, '1'), 2);
  WebhookBook rotating(world_->store(), *both);
  ASSERT_TRUE(Await(rotating.Reseal(demo_)).ok());
  const auto only_new = directory::KeyRing::Parse("m2 " + std::string(64, '3'), 2);
  WebhookBook rotated(world_->store(), *only_new);
  const auto opened = Await(rotated.Get(demo_, created->webhook.id));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->secret, "salt");
}

}  // namespace
}  // namespace kefu::gateway::webhooks
