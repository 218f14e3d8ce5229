#include "gateway/webhooks/webhook_book.h"

#include <gtest/gtest.h>

#include <string>

#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway::webhooks {
namespace {

using kefu::test::Await;

class WebhookBookTest : public testing::Test {
 protected:
  absl::StatusOr<OpenedWebhook> Create(redis::Request request,
                                       NewWebhook webhook = {"kuaidi100", "快递", "salt"}) {
    return Await(book_.Create(std::move(request), world_.demo, std::move(webhook)));
  }
  Webhooks List() { return Await(book_.List(world_.demo)).value(); }

  test::World world_;
  WebhookBook book_{world_.store, world_.master_keys};
};

TEST_F(WebhookBookTest, WhatWasCreatedIsListedAndOpened) {
  EXPECT_TRUE(List().empty());
  const auto created = Create(world_.Fresh());
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->secret, "salt");
  ASSERT_EQ(List().size(), 1u);
  EXPECT_EQ(List()[0], created->webhook);
  EXPECT_EQ(List()[0].create_time, test::kNow);
  const auto opened = Await(book_.Get(world_.demo, created->webhook.id));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->secret, "salt");
}

TEST_F(WebhookBookTest, ASecretIsMadeIfNoneIsGiven) {
  const auto one = Create(world_.Fresh(), {"kuaidi100", "a", ""});
  const auto two = Create(world_.Fresh(), {"kuaidi100", "b", ""});
  EXPECT_EQ(one->secret.size(), 32u);
  EXPECT_NE(one->secret, two->secret);
}

TEST_F(WebhookBookTest, TheSameRequestAgainAnswersTheSame) {
  const redis::Request request = world_.Fresh();
  const auto first = Create(request, {"kuaidi100", "a", ""});
  const auto second = Create(request, {"kuaidi100", "a", ""});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->webhook.id, second->webhook.id);
  EXPECT_EQ(first->secret, second->secret);
  EXPECT_EQ(List().size(), 1u);
  EXPECT_EQ(ErrorReason(Create(world_.Named(request.id, "other")).status()), "REQUEST_ID_REUSED");
}

TEST_F(WebhookBookTest, SecretsRestSealedInTheirPlace) {
  ASSERT_TRUE(Create(world_.Fresh(), {"aftership", "a", "do not tell"}).ok());
  const std::string stored = world_.Command({"HGET", "kf:gateway:{demo}:webhooks:demo", "s"}).str();
  EXPECT_NE(stored.find("aftership"), std::string::npos);
  EXPECT_EQ(stored.find("do not tell"), std::string::npos);
}

TEST_F(WebhookBookTest, AShopHasTwentyAtMost) {
  for (size_t i = 0; i < kMaxWebhooks; ++i) ASSERT_TRUE(Create(world_.Fresh()).ok()) << i;
  EXPECT_EQ(ErrorReason(Create(world_.Fresh()).status()), "TOO_MANY_WEBHOOKS");
  const WebhookId first = List()[0].id;
  ASSERT_TRUE(Await(book_.Delete(world_.Fresh(), world_.demo, first)).ok());
  EXPECT_TRUE(Create(world_.Fresh()).ok());
}

TEST_F(WebhookBookTest, WhatWasDeletedIsGoneAtOnce) {
  const auto created = Create(world_.Fresh());
  const WebhookId id = created->webhook.id;
  const redis::Request request = world_.Fresh();
  ASSERT_TRUE(Await(book_.Delete(request, world_.demo, id)).ok());
  EXPECT_EQ(ErrorReason(Await(book_.Get(world_.demo, id)).status()), "NO_SUCH_WEBHOOK");
  EXPECT_TRUE(Await(book_.Delete(request, world_.demo, id)).ok()) << "a repetition";
  EXPECT_EQ(ErrorReason(Await(book_.Delete(world_.Fresh(), world_.demo, id))), "NO_SUCH_WEBHOOK");
}

TEST_F(WebhookBookTest, AnotherShopsAreNotThere) {
  const auto created = Create(world_.Fresh());
  const ShopId other = ShopId::Parse("other").value();
  EXPECT_EQ(ErrorReason(Await(book_.Get(other, created->webhook.id)).status()), "NO_SUCH_WEBHOOK");
  EXPECT_TRUE(Await(book_.List(other))->empty());
}

TEST_F(WebhookBookTest, WhatIsWrongIsNamed) {
  EXPECT_EQ(ErrorReason(Create(world_.Fresh(), {"fax", "a", ""}).status()), "UNKNOWN_SOURCE");
  EXPECT_EQ(ErrorReason(Create(world_.Fresh(), {"aftership", "", ""}).status()), "INVALID_FIELD");
  EXPECT_EQ(ErrorReason(Create(world_.Fresh(), {"aftership", "a", "abc"}).status()),
            "INVALID_FIELD");
  EXPECT_EQ(ErrorReason(Create(world_.Fresh(), {"aftership", "a", std::string(257, 'x')}).status()),
            "INVALID_FIELD");
}

TEST_F(WebhookBookTest, ANewMasterKeyTakesSecretsOver) {
  const auto created = Create(world_.Fresh());
  const auto both =
      directory::KeyRing::Parse("m2 " + std::string(64, '3') + "\nm1 " + std::string(64, '1'), 2);
  WebhookBook rotating(world_.store, *both);
  ASSERT_TRUE(Await(rotating.Reseal(world_.demo)).ok());
  const auto only_new = directory::KeyRing::Parse("m2 " + std::string(64, '3'), 2);
  WebhookBook rotated(world_.store, *only_new);
  const auto opened = Await(rotated.Get(world_.demo, created->webhook.id));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->secret, "salt");
}

}  // namespace
}  // namespace kefu::gateway::webhooks
