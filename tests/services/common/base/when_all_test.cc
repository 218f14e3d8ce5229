#include "services/common/base/when_all.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/await.h"

namespace kefu {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Task<> NoteAfter(int64_t ms, int what, std::vector<int>* notes) {
  if (ms > 0) co_await SleepMs(ms);
  notes->push_back(what);
}

Task<std::vector<int>> NotesOf(std::vector<int64_t> pauses) {
  std::vector<int> notes;
  std::vector<Task<>> tasks;
  for (const int64_t ms : pauses) {
    tasks.push_back(NoteAfter(ms, static_cast<int>(tasks.size()), &notes));
  }
  co_await WhenAll(std::move(tasks));
  co_return notes;
}

TEST(WhenAllTest, AllHaveEndedWhenItReturnsWhateverTheirOrder) {
  EXPECT_THAT(test::Await(NotesOf({20, 10, 0})), ElementsAre(2, 1, 0));
}

TEST(WhenAllTest, TasksThatEndAtOnceNeedNoWaiting) {
  EXPECT_THAT(test::Await(NotesOf({0, 0})), ElementsAre(0, 1));
}

TEST(WhenAllTest, NoTasksAreDoneAtOnce) { EXPECT_THAT(test::Await(NotesOf({})), IsEmpty()); }

}  // namespace
}  // namespace kefu
