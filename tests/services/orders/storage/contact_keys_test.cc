#include "services/orders/storage/contact_keys.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "tests/services/orders/storage/stack.h"

namespace kefu::orders::storage {
namespace {

using domain::test::SealedUnder;
using domain::test::Version;
using test::Await;

class ContactKeysTest : public test::StackTest {
 protected:
  seal::DataKeyPtr Ensure(test::Process& process) {
    const auto key = Await(process.keys.Ensure(shop_, "b_owner"));
    EXPECT_TRUE(key.ok()) << key.status();
    return key.ok() ? *key : nullptr;
  }
  seal::DataKeyPtr Find(test::Process& process) {
    const auto key = Await(process.keys.Find(shop_, "b_owner"));
    EXPECT_TRUE(key.ok()) << key.status();
    return key.ok() ? *key : nullptr;
  }
  absl::Status Erase(test::Process& process, const std::string& request = "event-0001") {
    return Await(process.keys.Erase(shop_, "b_owner", {request, "hash", ""}));
  }
  absl::Status PutUnder(test::Process& process, const seal::DataKey& key, int64_t version = 1) {
    domain::Upsert upsert = Version(version);
    upsert.contact = SealedUnder(key.id);
    return Put(process, upsert, {ContactKeys::Guard("b_owner", key.id)}).status();
  }
};

TEST_F(ContactKeysTest, AllProcessesGetTheSameKeyWhichIsStoredWrapped) {
  const auto one = NewProcess(), other = NewProcess();
  const seal::DataKeyPtr key = Ensure(*one);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(Ensure(*other)->id, key->id);
  EXPECT_EQ(Find(*other)->secret.view(), key->secret.view());
  const auto stored = Await(one->store.Load({shop_, "key", "b_owner"}));
  EXPECT_EQ(stored->state.find(std::string(key->secret.view())), std::string::npos);
}

TEST_F(ContactKeysTest, OwnersAndShopsHaveKeysOfTheirOwn) {
  const auto process = NewProcess();
  const auto mine = Await(process->keys.Ensure(shop_, "b_owner"));
  const auto other = Await(process->keys.Ensure(shop_, "b_other"));
  const auto elsewhere = Await(process->keys.Ensure(*ShopId::Parse("other"), "b_owner"));
  EXPECT_NE((*mine)->id, (*other)->id);
  EXPECT_NE((*mine)->id, (*elsewhere)->id);
}

TEST_F(ContactKeysTest, AnErasedKeyIsGoneAndTheNextIsAnother) {
  const auto process = NewProcess();
  const std::string first = Ensure(*process)->id;
  ASSERT_TRUE(Erase(*process).ok());
  EXPECT_EQ(Find(*process), nullptr);
  const seal::DataKeyPtr next = Ensure(*process);
  EXPECT_NE(next->id, first);
}

TEST_F(ContactKeysTest, ARepeatedErasureErasesNoLaterKey) {
  const auto process = NewProcess();
  Ensure(*process);
  ASSERT_TRUE(Erase(*process, "event-0001").ok());
  const std::string next = Ensure(*process)->id;
  ASSERT_TRUE(Erase(*process, "event-0001").ok());
  EXPECT_EQ(Find(*process)->id, next);
  ASSERT_TRUE(Erase(*process, "event-0002").ok());
  EXPECT_EQ(Find(*process), nullptr);
}

TEST_F(ContactKeysTest, NothingIsWrittenUnderAKeyThatAnotherProcessErased) {
  const auto writer = NewProcess(), eraser = NewProcess();
  const seal::DataKeyPtr key = Ensure(*writer);
  ASSERT_TRUE(PutUnder(*writer, *key).ok());
  ASSERT_TRUE(Erase(*eraser).ok());
  const absl::Status refused = PutUnder(*writer, *key, 2);
  EXPECT_TRUE(ContactKeys::IsKeyChanged(refused)) << refused;
  // A key made after the erasure does not bring the old one back.
  Ensure(*eraser);
  EXPECT_TRUE(ContactKeys::IsKeyChanged(PutUnder(*writer, *key, 2)));
  writer->keys.Forget(shop_, "b_owner");
  EXPECT_TRUE(PutUnder(*writer, *Ensure(*writer), 2).ok());
}

TEST_F(ContactKeysTest, ANewMasterKeyWrapsWhatTheOldOneDid) {
  const std::string key = Ensure(*NewProcess(OldMaster()))->id;
  EXPECT_EQ(Ensure(*NewProcess(NewMaster() + OldMaster()))->id, key);
  // Wrapped anew by then.
  EXPECT_EQ(Ensure(*NewProcess(NewMaster()))->id, key);
  const auto old = NewProcess(OldMaster());
  EXPECT_EQ(ErrorReason(Await(old->keys.Find(shop_, "b_owner")).status()), "MASTER_KEY_MISSING");
}

}  // namespace
}  // namespace kefu::orders::storage
