#include "gateway/webhooks/push_endpoint.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "gateway/webhooks/signatures.h"
#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway::webhooks {
namespace {

using kefu::test::Await;

constexpr char kBody[] = R"({"event":"tracking_update"})";

class PushEndpointTest : public testing::Test {
 protected:
  PushEndpointTest() {
    aftership_ =
        Await(book_.Create(world_.Fresh(), world_.demo, {"aftership", "a", "secret"})).value();
    kuaidi_ = Await(book_.Create(world_.Fresh(), world_.demo, {"kuaidi100", "k", "salt"})).value();
  }

  // A good push of AfterShip.
  RawRequest Push() const {
    RawRequest request;
    request.peer = "192.0.2.1";
    request.http.method = "POST";
    request.http.path = PathOf(world_.demo, aftership_->webhook.id);
    request.http.body = kBody;
    request.http.headers.Add("Content-Type", "application/json");
    request.http.headers.Add("aftership-hmac-sha256", HmacSha256Base64("secret", kBody));
    return request;
  }
  RawRequest KuaidiPush() const {
    RawRequest request;
    request.peer = "192.0.2.2";
    request.http.method = "POST";
    request.http.path = PathOf(world_.demo, kuaidi_->webhook.id);
    request.http.body = "param=%7B%7D&sign=" + SaltedMd5("{}", "salt");
    request.http.headers.Add("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
    return request;
  }
  HttpResponse Answer(RawRequest request) { return Await(endpoint_.Handle(std::move(request))); }

  Task<absl::StatusOr<logistics::v1::ReceivePushResponse>> Receive(
      logistics::v1::ReceivePushRequest push) {
    received_.push_back(std::move(push));
    co_return answer_;
  }

  test::World world_;
  WebhookBook book_{world_.store, world_.master_keys};
  metrics::Metrics metrics_;
  std::vector<logistics::v1::ReceivePushRequest> received_;
  absl::StatusOr<logistics::v1::ReceivePushResponse> answer_ = logistics::v1::ReceivePushResponse();
  PushEndpoint endpoint_{book_,
                         [this](server::CallScope, logistics::v1::ReceivePushRequest push) {
                           return Receive(std::move(push));
                         },
                         RateRule{10, 10'000}, metrics_};
  std::optional<OpenedWebhook> aftership_, kuaidi_;
};

TEST_F(PushEndpointTest, AGoodPushIsHandedOnAsItCame) {
  const HttpResponse response = Answer(Push());
  EXPECT_EQ(response.status, 200);
  ASSERT_EQ(received_.size(), 1u);
  EXPECT_EQ(received_[0].shop(), "demo");
  EXPECT_EQ(received_[0].source(), "aftership");
  EXPECT_EQ(received_[0].webhook(), aftership_->webhook.id.str());
  EXPECT_EQ(received_[0].body(), kBody);
  EXPECT_EQ(received_[0].deduplication_key().size(), 64u);
  EXPECT_NE(metrics_.Render().find(
                "kefu_webhook_pushes_total{outcome=\"accepted\",source=\"aftership\"} 1"),
            std::string::npos);
}

TEST_F(PushEndpointTest, TheSameBodyHasTheSameKeyAndAnotherAnother) {
  Answer(Push());
  Answer(Push());
  RawRequest other = KuaidiPush();
  Answer(other);
  ASSERT_EQ(received_.size(), 3u);
  EXPECT_EQ(received_[0].deduplication_key(), received_[1].deduplication_key());
  EXPECT_NE(received_[0].deduplication_key(), received_[2].deduplication_key());
}

TEST_F(PushEndpointTest, Kuaidi100GetsTheAnswerItWaitsFor) {
  const HttpResponse response = Answer(KuaidiPush());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"result":true,"returnCode":"200","message":"成功"})");
}

TEST_F(PushEndpointTest, ADuplicateIsAGoodAnswerToo) {
  answer_->set_duplicate(true);
  EXPECT_EQ(Answer(Push()).status, 200);
}

TEST_F(PushEndpointTest, AWrongSignatureIsRefusedAndReachesNobody) {
  RawRequest altered = Push();
  altered.http.body += " ";
  const HttpResponse response = Answer(altered);
  EXPECT_EQ(response.status, 401);
  EXPECT_NE(response.body.find("BAD_SIGNATURE"), std::string::npos);
  RawRequest unsigned_push = Push();
  unsigned_push.http.headers = Headers();
  unsigned_push.http.headers.Add("Content-Type", "application/json");
  EXPECT_EQ(Answer(unsigned_push).status, 401);
  EXPECT_TRUE(received_.empty());
}

TEST_F(PushEndpointTest, WhatIsNoWebhookIsNotFound) {
  const std::string id = aftership_->webhook.id.str();
  for (const std::string& path :
       {std::string("/webhooks/"), std::string("/webhooks/demo"), "/webhooks/other/" + id,
        "/webhooks/demo/" + WebhookId::New().str(), "/webhooks/demo/" + id + "/more",
        "/webhooks/DEMO/" + id, "/webhooks/demo/../" + id}) {
    RawRequest request = Push();
    request.peer = path;  // so that no limit is reached
    request.http.path = path;
    EXPECT_EQ(Answer(request).status, 404) << path;
  }
  ASSERT_TRUE(Await(book_.Delete(world_.Fresh(), world_.demo, aftership_->webhook.id)).ok());
  EXPECT_EQ(Answer(Push()).status, 404);
  EXPECT_TRUE(received_.empty());
}

TEST_F(PushEndpointTest, OnlyAPostOfTheRightTypeIsAPush) {
  RawRequest get = Push();
  get.http.method = "GET";
  const HttpResponse not_allowed = Answer(get);
  EXPECT_EQ(not_allowed.status, 405);
  EXPECT_EQ(not_allowed.headers.Get("Allow"), "POST");
  RawRequest text = KuaidiPush();
  text.http.headers = Headers();
  text.http.headers.Add("Content-Type", "application/json");
  EXPECT_EQ(Answer(text).status, 415);
  RawRequest none = Push();
  none.http.headers = Headers();
  EXPECT_EQ(Answer(none).status, 415);
  EXPECT_TRUE(received_.empty());
}

TEST_F(PushEndpointTest, WhatCannotBeKeptIsToBePushedAgain) {
  answer_ = Error(absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE", "down");
  const HttpResponse response = Answer(Push());
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.Get("Retry-After"), "5");
  answer_ = Error(absl::StatusCode::kInternal, "X", "broken");
  EXPECT_EQ(Answer(Push()).status, 503);
}

TEST_F(PushEndpointTest, AnAddressThatPushesTooMuchIsSlowedDown) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Answer(Push()).status, 200);
  const HttpResponse response = Answer(Push());
  EXPECT_EQ(response.status, 429);
  EXPECT_TRUE(response.headers.Has("Retry-After"));
  EXPECT_EQ(Answer(KuaidiPush()).status, 200) << "another address";
}

}  // namespace
}  // namespace kefu::gateway::webhooks
