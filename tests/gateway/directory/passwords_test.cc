#include "gateway/directory/passwords.h"

#include <gtest/gtest.h>

#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "tests/support/await.h"

namespace kefu::gateway::directory {
namespace {

using test::Await;

bool Fits(Passwords& passwords, std::optional<std::string> hash, const std::string& password) {
  return Await(passwords.Verify(passwords.Reserve().value(), std::move(hash), password)).value();
}

TEST(Passwords, OnlyTheRightPasswordFits) {
  Passwords passwords;
  const std::string hash =
      Await(passwords.HashNew(passwords.Reserve().value(), "correct horse")).value();
  EXPECT_EQ(hash.substr(0, 10), "$argon2id$");
  EXPECT_NE(Await(passwords.HashNew(passwords.Reserve().value(), "correct horse")).value(), hash);
  EXPECT_TRUE(Fits(passwords, hash, "correct horse"));
  EXPECT_FALSE(Fits(passwords, hash, "correct horsf"));
  EXPECT_FALSE(Fits(passwords, hash, ""));
}

// "$argon2id$v=19$m=65536,t=2,p=1": what a hash says of its cost, before salt and digest.
std::string CostOf(const std::string& hash) {
  return hash.substr(0, hash.rfind('$', hash.rfind('$') - 1));
}

TEST(Passwords, NoHashNeverFitsAndCostsAsMuchAsAnyOther) {
  Passwords passwords;
  const std::string hash =
      Await(passwords.HashNew(passwords.Reserve().value(), "correct horse")).value();
  EXPECT_FALSE(Fits(passwords, std::nullopt, "wrong"));
  EXPECT_FALSE(Fits(passwords, std::nullopt, ""));
  EXPECT_EQ(CostOf(passwords.decoy()), CostOf(hash));
  EXPECT_NE(passwords.decoy(), hash);
}

TEST(Passwords, ThePlacesAreBoundedAndComeBack) {
  Passwords passwords({.threads = 1, .queue = 1});
  {
    auto first = passwords.Reserve();
    auto second = passwords.Reserve();
    ASSERT_TRUE(first.ok() && second.ok());
    const auto third = passwords.Reserve();
    EXPECT_EQ(third.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(ErrorReason(third.status()), "PASSWORD_QUEUE_FULL");
    EXPECT_GT(RetryDelayMs(third.status()), 0);
    auto moved = *std::move(second);  // still one place
    EXPECT_FALSE(passwords.Reserve().ok());
  }
  EXPECT_TRUE(passwords.Reserve().ok());
}

TEST(Passwords, ManyAtOnceAllGetTheirAnswer) {
  Passwords passwords({.threads = 2, .queue = 6});
  const std::string hash =
      Await(passwords.HashNew(passwords.Reserve().value(), "correct horse")).value();
  boost::asio::io_context loop;
  int right = 0, wrong = 0;
  for (int i = 0; i < 8; ++i) {
    Spawn(loop.get_executor(),
          [](Passwords& passwords, std::string hash, bool good, int* right, int* wrong) -> Task<> {
            auto place = passwords.Reserve();
            EXPECT_TRUE(place.ok());
            const std::string password = good ? "correct horse" : "wrong horse";
            const auto fits =
                co_await passwords.Verify(*std::move(place), std::move(hash), password);
            EXPECT_TRUE(fits.ok());
            ++*(*fits ? right : wrong);
          }(passwords, hash, i % 2 == 0, &right, &wrong));
  }
  loop.run();
  EXPECT_EQ(right, 4);
  EXPECT_EQ(wrong, 4);
}

TEST(Passwords, AfterStoppingTheyRefuse) {
  Passwords passwords;
  auto place = passwords.Reserve();
  passwords.Stop();
  EXPECT_EQ(ErrorReason(Await(passwords.HashNew(*std::move(place), "correct horse")).status()),
            "STOPPING");
}

}  // namespace
}  // namespace kefu::gateway::directory
