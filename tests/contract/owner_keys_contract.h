// What the data keys of owners promise, on whatever aggregates they stand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "services/common/base/status.h"
#include "services/common/seal/owner_keys.h"
#include "tests/support/aggregate_world.h"
#include "tests/support/await.h"

namespace kefu::seal {
using test::Await;

inline std::string OldMaster() { return "k1 " + std::string(64, 'a') + "\n"; }
inline std::string NewMaster() { return "k2 " + std::string(64, 'b') + "\n"; }

// What one process has; several in one world are several replicas.
struct Process {
  Process(redis::Aggregates& replica, const std::string& master_keys)
      : store(replica), keys(store, *MasterKeys::Parse(master_keys)) {}

  redis::Aggregates& store;
  OwnerKeys keys;
};

class OwnerKeysContract : public testing::TestWithParam<test::AggregateSubject> {
 protected:
  std::unique_ptr<Process> NewProcess(const std::string& master_keys = OldMaster()) {
    return std::make_unique<Process>(world_->NewReplica(), master_keys);
  }
  DataKeyPtr Ensure(Process& process) {
    const auto key = Await(process.keys.Ensure(shop_, "b_owner"));
    EXPECT_TRUE(key.ok()) << key.status();
    return key.ok() ? *key : nullptr;
  }
  DataKeyPtr Find(Process& process) {
    const auto key = Await(process.keys.Find(shop_, "b_owner"));
    EXPECT_TRUE(key.ok()) << key.status();
    return key.ok() ? *key : nullptr;
  }
  absl::Status Erase(Process& process, const std::string& request = "event-0001") {
    return Await(process.keys.Erase(shop_, "b_owner", {request, "hash", ""}));
  }
  // Commits something that is sealed under the key.
  absl::Status PutUnder(Process& process, const DataKey& key) {
    const redis::Aggregates::Decide decide = [&](const redis::Snapshot&) {
      redis::Change change;
      change.state = "sealed";
      change.indexes = {OwnerKeys::Guard("b_owner", key.id)};
      return absl::StatusOr<redis::Change>(std::move(change));
    };
    return Await(process.store.Update({shop_, "thing", "t1"}, {}, decide)).status();
  }

  const std::unique_ptr<test::AggregateWorld> world_ = GetParam().make("gateway");
  const ShopId shop_ = *ShopId::Parse("demo");
};

TEST_P(OwnerKeysContract, AllProcessesGetTheSameKeyWhichIsStoredWrapped) {
  const auto one = NewProcess(), other = NewProcess();
  const DataKeyPtr key = Ensure(*one);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(Ensure(*other)->id, key->id);
  EXPECT_EQ(Find(*other)->secret.view(), key->secret.view());
  const auto stored = Await(one->store.Load({shop_, "key", "b_owner"}));
  EXPECT_EQ(stored->state.find(std::string(key->secret.view())), std::string::npos);
}

TEST_P(OwnerKeysContract, OwnersAndShopsHaveKeysOfTheirOwn) {
  const auto process = NewProcess();
  const auto mine = Await(process->keys.Ensure(shop_, "b_owner"));
  const auto other = Await(process->keys.Ensure(shop_, "b_other"));
  const auto elsewhere = Await(process->keys.Ensure(*ShopId::Parse("other"), "b_owner"));
  EXPECT_NE((*mine)->id, (*other)->id);
  EXPECT_NE((*mine)->id, (*elsewhere)->id);
}

TEST_P(OwnerKeysContract, ManyAreFoundInTheOrderAskedForAndWhatIsMissingIsNone) {
  const auto process = NewProcess(), other = NewProcess();
  const auto one = Await(process->keys.Ensure(shop_, "b_one"));
  const auto two = Await(process->keys.Ensure(shop_, "b_two"));
  const auto found = Await(other->keys.FindMany(shop_, {"b_two", "b_none", "b_one"}));
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 3u);
  EXPECT_EQ((*found)[0]->id, (*two)->id);
  EXPECT_EQ((*found)[1], nullptr);
  EXPECT_EQ((*found)[2]->id, (*one)->id);
}

TEST_P(OwnerKeysContract, WhatIsInMemoryIsHadWithoutTheStore) {
  const auto process = NewProcess();
  EXPECT_EQ(process->keys.Cached(shop_, "b_owner"), nullptr);
  const DataKeyPtr key = Ensure(*process);
  EXPECT_EQ(process->keys.Cached(shop_, "b_owner"), key);
  process->keys.Forget(shop_, "b_owner");
  EXPECT_EQ(process->keys.Cached(shop_, "b_owner"), nullptr);
}

TEST_P(OwnerKeysContract, AnErasedKeyIsGoneAndTheNextIsAnother) {
  const auto process = NewProcess();
  const std::string first = Ensure(*process)->id;
  ASSERT_TRUE(Erase(*process).ok());
  EXPECT_EQ(Find(*process), nullptr);
  const DataKeyPtr next = Ensure(*process);
  EXPECT_NE(next->id, first);
}

TEST_P(OwnerKeysContract, ARepeatedErasureErasesNoLaterKey) {
  const auto process = NewProcess();
  Ensure(*process);
  ASSERT_TRUE(Erase(*process, "event-0001").ok());
  const std::string next = Ensure(*process)->id;
  ASSERT_TRUE(Erase(*process, "event-0001").ok());
  EXPECT_EQ(Find(*process)->id, next);
  ASSERT_TRUE(Erase(*process, "event-0002").ok());
  EXPECT_EQ(Find(*process), nullptr);
}

TEST_P(OwnerKeysContract, NothingIsWrittenUnderAKeyThatAnotherProcessErased) {
  const auto writer = NewProcess(), eraser = NewProcess();
  const DataKeyPtr key = Ensure(*writer);
  ASSERT_TRUE(PutUnder(*writer, *key).ok());
  ASSERT_TRUE(Erase(*eraser).ok());
  const absl::Status refused = PutUnder(*writer, *key);
  EXPECT_TRUE(OwnerKeys::IsKeyChanged(refused)) << refused;
  // A key made after the erasure does not bring the old one back.
  Ensure(*eraser);
  EXPECT_TRUE(OwnerKeys::IsKeyChanged(PutUnder(*writer, *key)));
  writer->keys.Forget(shop_, "b_owner");
  EXPECT_TRUE(PutUnder(*writer, *Ensure(*writer)).ok());
}

TEST_P(OwnerKeysContract, ANewMasterKeyWrapsWhatTheOldOneDid) {
  const std::string key = Ensure(*NewProcess(OldMaster()))->id;
  EXPECT_EQ(Ensure(*NewProcess(NewMaster() + OldMaster()))->id, key);
  // Wrapped anew by then.
  EXPECT_EQ(Ensure(*NewProcess(NewMaster()))->id, key);
  const auto old = NewProcess(OldMaster());
  EXPECT_EQ(ErrorReason(Await(old->keys.Find(shop_, "b_owner")).status()), "MASTER_KEY_MISSING");
}

}  // namespace kefu::seal
