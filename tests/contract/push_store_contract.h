// What the store of pushed bodies promises, on whatever aggregates it stands.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "services/common/base/status.h"
#include "tests/services/logistics/support/stack.h"

namespace kefu::logistics::storage {
using test::Await;
using test::kDay;
using test::Process;

inline constexpr int64_t kDayMs = 86'400'000;

class PushStoreContract : public testing::TestWithParam<kefu::test::AggregateSubject>,
                          protected test::Stack {
 protected:
  PushStoreContract() : Stack(GetParam().make("logistics")) {}

  static PushState Body(std::string body) {
    PushState push;
    push.source = "aftership";
    push.webhook = "w_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    push.body = std::move(body);
    return push;
  }
  bool Keep(const std::string& id, std::string body = "{}") {
    const auto kept = Await(process_->pushes.Keep(shop_, {}, id, Body(std::move(body))));
    EXPECT_TRUE(kept.ok()) << kept.status();
    return *kept;
  }
  std::optional<PushState> Find(const std::string& id) {
    const auto found = Await(process_->pushes.Find(shop_, id));
    EXPECT_TRUE(found.ok()) << found.status();
    return *found;
  }
  std::map<std::string, TimePoint> Due() { return world_->Due(shop_); }
  size_t Unreadable() { return world_->IndexOf(shop_, "unreadable_pushes").size(); }

  const std::unique_ptr<Process> process_ = NewProcess();
  const std::string id_ = PushIdOf("w_aaaaaaaaaaaaaaaaaaaaaaaaaa", "key");
};

TEST_P(PushStoreContract, ABodyIsKeptAsItCameWithItsTimer) {
  const std::string body("\0\xff{", 3);
  EXPECT_TRUE(Keep(id_, body));
  EXPECT_EQ(Find(id_)->body, body);
  EXPECT_EQ(Find(id_)->received, kDay);
  EXPECT_TRUE(Due().empty()) << "the process that took it has half a minute";
  clock_.Advance(30'000);
  EXPECT_EQ(Due().count("push:" + id_), 1u);
}

TEST_P(PushStoreContract, TheSameKeyAgainChangesNothing) {
  EXPECT_TRUE(Keep(id_, "first"));
  EXPECT_FALSE(Keep(id_, "second"));
  EXPECT_EQ(Find(id_)->body, "first");
}

TEST_P(PushStoreContract, KeysOfOneWebhookAreNotThoseOfAnother) {
  EXPECT_NE(PushIdOf("w_a", "key"), PushIdOf("w_b", "key"));
  EXPECT_NE(PushIdOf("w_a", "key"), PushIdOf("w_a", "yek"));
}

TEST_P(PushStoreContract, WhatIsDoneWithIsKeptForAWeek) {
  Keep(id_);
  ASSERT_TRUE(Await(process_->pushes.Finish(shop_, id_, "")).ok());
  EXPECT_TRUE(Find(id_)->processed);
  EXPECT_FALSE(Keep(id_)) << "a push that comes again within a week is known";
  clock_.Advance(7 * kDayMs - 1);
  EXPECT_TRUE(Due().empty());
  clock_.Advance(1);
  EXPECT_EQ(Due().size(), 1u);
  EXPECT_EQ(Unreadable(), 0u);
}

TEST_P(PushStoreContract, WhatCannotBeReadIsListedAndKeptForAMonth) {
  Keep(id_);
  ASSERT_TRUE(Await(process_->pushes.Finish(shop_, id_, "BAD_BODY: no")).ok());
  EXPECT_EQ(Find(id_)->problem, "BAD_BODY: no");
  EXPECT_EQ(Unreadable(), 1u);
  clock_.Advance(29 * kDayMs);
  EXPECT_TRUE(Due().empty());
  clock_.Advance(kDayMs);
  EXPECT_EQ(Due().size(), 1u);
}

TEST_P(PushStoreContract, FinishingTwiceIsFinishingOnce) {
  Keep(id_);
  ASSERT_TRUE(Await(process_->pushes.Finish(shop_, id_, "")).ok());
  ASSERT_TRUE(Await(process_->pushes.Finish(shop_, id_, "other")).ok());
  EXPECT_EQ(Find(id_)->problem, "");
}

TEST_P(PushStoreContract, WhatIsDroppedIsGone) {
  Keep(id_);
  ASSERT_TRUE(Await(process_->pushes.Finish(shop_, id_, "BAD_BODY: no")).ok());
  ASSERT_TRUE(Await(process_->pushes.Drop(shop_, id_)).ok());
  EXPECT_EQ(Find(id_), std::nullopt);
  EXPECT_EQ(Unreadable(), 0u);
  EXPECT_TRUE(Await(process_->pushes.Drop(shop_, id_)).ok());
}

}  // namespace kefu::logistics::storage
