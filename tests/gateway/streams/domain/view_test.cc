#include "gateway/streams/domain/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace kefu::gateway::streams {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TimePoint kNow{1'000};

std::vector<uint64_t> Seqs(const Step& step) {
  std::vector<uint64_t> seqs;
  for (const Item& item : step.show) seqs.push_back(item.seq);
  return seqs;
}

Item Visible(uint64_t seq, uint64_t prev_seq) { return {seq, prev_seq, true, nullptr}; }
Item Hidden(uint64_t seq) { return {seq, 0, false, nullptr}; }

Page PageOf(uint64_t epoch, std::vector<Item> items, uint64_t head, uint64_t audience_head) {
  return {epoch, std::move(items), head, audience_head};
}

// A view of an empty conversation that has read it once.
View LiveView(View::Options options = {}) {
  View view(0, 0, kNow, options);
  view.OnReadBegins();
  view.OnPage(PageOf(1, {}, 0, 0), kNow);
  return view;
}

TEST(View, ANewViewReadsTheLogAtOnce) {
  View view(0, 0, kNow, {});
  EXPECT_EQ(view.read_at(), kNow);
  EXPECT_FALSE(view.live());
}

TEST(View, NoticesThatFollowOnAreShownAtOnce) {
  View view = LiveView();
  EXPECT_THAT(Seqs(view.OnNotice(1, Visible(1, 0), kNow)), ElementsAre(1));
  EXPECT_THAT(Seqs(view.OnNotice(1, Visible(2, 1), kNow)), ElementsAre(2));
  EXPECT_EQ(view.read_at(), std::nullopt);
}

TEST(View, ARepeatedNoticeIsShownOnce) {
  View view = LiveView();
  view.OnNotice(1, Visible(1, 0), kNow);
  EXPECT_THAT(Seqs(view.OnNotice(1, Visible(1, 0), kNow)), IsEmpty());
}

TEST(View, ANoticeThatOvertookAnotherWaitsForIt) {
  View view = LiveView();
  EXPECT_THAT(Seqs(view.OnNotice(1, Visible(2, 1), kNow)), IsEmpty());
  EXPECT_EQ(view.read_at(), kNow + 20);
  EXPECT_THAT(Seqs(view.OnNotice(1, Visible(1, 0), kNow)), ElementsAre(1, 2));
  EXPECT_EQ(view.read_at(), std::nullopt);
}

TEST(View, AGapIsReadFromTheLogAndHeldBackNoticesFollow) {
  View view = LiveView();
  view.OnNotice(1, Visible(3, 2), kNow);
  view.OnReadBegins();
  EXPECT_THAT(Seqs(view.OnNotice(1, Visible(4, 3), kNow)), IsEmpty());
  const Step step =
      view.OnPage(PageOf(1, {Visible(1, 0), Visible(2, 1), Visible(3, 2)}, 3, 3), kNow);
  EXPECT_THAT(Seqs(step), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(view.read_at(), std::nullopt);
}

TEST(View, EntriesHiddenFromTheAudienceLeaveNoGap) {
  View view = LiveView();
  view.OnNotice(1, Visible(1, 0), kNow);
  EXPECT_THAT(Seqs(view.OnNotice(1, Hidden(2), kNow)), IsEmpty());
  EXPECT_THAT(Seqs(view.OnNotice(1, Visible(3, 1), kNow)), ElementsAre(3));
  view.OnHead(1, 3, kNow);
  EXPECT_EQ(view.read_at(), std::nullopt);
}

TEST(View, ALostNoticeOfAHiddenEntryIsNoGapOnceTheNextVisibleOneCame) {
  View view = LiveView();
  view.OnNotice(1, Visible(1, 0), kNow);
  EXPECT_THAT(Seqs(view.OnNotice(1, Visible(3, 1), kNow)), ElementsAre(3));
}

TEST(View, AHeadBeyondWhatWasSeenIsAGap) {
  View view = LiveView();
  view.OnHead(1, 2, kNow);
  EXPECT_EQ(view.read_at(), kNow + 20);
  view.OnNotice(1, Visible(1, 0), kNow);
  EXPECT_EQ(view.read_at(), kNow + 20) << "entry 2 is still missing";
  view.OnNotice(1, Visible(2, 1), kNow);
  EXPECT_EQ(view.read_at(), std::nullopt);
}

TEST(View, ALongGapIsReadPageByPage) {
  View view(1, 0, kNow, {});
  view.OnReadBegins();
  EXPECT_THAT(Seqs(view.OnPage(PageOf(1, {Visible(1, 0), Visible(2, 1)}, 3, 3), kNow)),
              ElementsAre(1, 2));
  EXPECT_FALSE(view.live());
  EXPECT_EQ(view.read_at(), kNow);
  view.OnReadBegins();
  EXPECT_THAT(Seqs(view.OnPage(PageOf(1, {Visible(3, 2)}, 3, 3), kNow)), ElementsAre(3));
  EXPECT_TRUE(view.live());
}

TEST(View, AFailedReadIsTriedAgainLaterAndLater) {
  View view(0, 0, kNow, {});
  view.OnReadBegins();
  view.OnReadFailed(kNow);
  EXPECT_EQ(view.read_at(), kNow + 100);
  view.OnReadBegins();
  view.OnReadFailed(kNow);
  EXPECT_EQ(view.read_at(), kNow + 200);
}

TEST(View, ANewEpochMakesTheClientForgetEverything) {
  View view(1, 7, kNow, {});
  view.OnReadBegins();
  Step step = view.OnPage(PageOf(2, {}, 3, 3), kNow);
  EXPECT_TRUE(step.restart);
  EXPECT_EQ(view.epoch(), 2u);
  EXPECT_EQ(view.position(), 0u);
  view.OnReadBegins();
  step = view.OnPage(PageOf(2, {Visible(1, 0), Visible(2, 1), Visible(3, 2)}, 3, 3), kNow);
  EXPECT_THAT(Seqs(step), ElementsAre(1, 2, 3));
}

TEST(View, ATokenOfAnEpochThatTheStoreNeverReachedMakesTheClientForgetEverything) {
  View view(7, 4, kNow, {});
  view.OnReadBegins();
  const Step step = view.OnPage(PageOf(1, {}, 2, 2), kNow);
  EXPECT_TRUE(step.restart);
  EXPECT_EQ(view.epoch(), 1u);
  EXPECT_EQ(view.position(), 0u);
  EXPECT_EQ(view.read_at(), kNow);
}

TEST(View, ANoticeOfANewEpochMakesItLookAtTheLog) {
  View view = LiveView();
  EXPECT_THAT(Seqs(view.OnNotice(2, Visible(1, 0), kNow)), IsEmpty());
  EXPECT_EQ(view.read_at(), kNow);
}

TEST(View, ANoticeOfAnOlderEpochIsIgnored) {
  View view(2, 0, kNow, {});
  view.OnReadBegins();
  view.OnPage(PageOf(2, {}, 0, 0), kNow);
  EXPECT_THAT(Seqs(view.OnNotice(1, Visible(1, 0), kNow)), IsEmpty());
}

TEST(View, AStoreThatHasLessThanWasSeenLostItsTail) {
  View view(1, 7, kNow, {});
  view.OnReadBegins();
  const Step step = view.OnPage(PageOf(1, {}, 3, 3), kNow);
  EXPECT_TRUE(step.lost_tail);
  EXPECT_NE(view.read_at(), std::nullopt);
}

// What a client that may see `visible` entries of a log is shown, whatever happens to the notices.
class RandomLoss : public ::testing::TestWithParam<unsigned> {};

TEST_P(RandomLoss, TheFinalViewEqualsTheLog) {
  std::mt19937 random(GetParam());
  const auto chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
  std::vector<Item> log;
  std::vector<uint64_t> expected;
  uint64_t last_visible = 0;
  View view(0, 0, kNow, {});
  std::vector<uint64_t> shown;
  std::vector<Item> in_flight;
  TimePoint now = kNow;
  const auto show = [&](Step step) {
    for (uint64_t seq : Seqs(step)) shown.push_back(seq);
  };
  const auto read = [&] {
    view.OnReadBegins();
    if (chance(10)) return view.OnReadFailed(now);
    Page page = PageOf(1, {}, log.size(), last_visible);
    for (const Item& item : log) {
      if (item.visible && item.seq > view.position() && page.items.size() < 5)
        page.items.push_back(item);
    }
    show(view.OnPage(std::move(page), now));
  };
  for (int i = 0; i < 400; ++i) {
    now = now + 5;
    const bool visible = chance(80);
    Item item = visible ? Visible(log.size() + 1, last_visible) : Hidden(log.size() + 1);
    log.push_back(item);
    if (visible) {
      expected.push_back(item.seq);
      last_visible = item.seq;
    }
    if (!chance(20)) in_flight.push_back(item);
    if (chance(10)) in_flight.push_back(item);
    std::shuffle(in_flight.begin(), in_flight.end(), random);
    while (in_flight.size() > random() % 4) {
      show(view.OnNotice(1, in_flight.back(), now));
      in_flight.pop_back();
    }
    if (view.read_at() && *view.read_at() <= now) read();
    if (chance(5)) view.OnHead(1, log.size(), now);
  }
  view.OnHead(1, log.size(), now);
  for (int i = 0; i < 2000 && view.read_at(); ++i) {
    now = now + 20;
    if (*view.read_at() <= now) read();
  }
  EXPECT_EQ(shown, expected) << "seed " << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomLoss, ::testing::Range(1u, 201u));

TEST(View, WithoutGapRepairALostNoticeStaysLost) {
  View view = LiveView({.repair_gaps = false, .respect_epoch = true});
  view.OnNotice(1, Visible(1, 0), kNow);
  EXPECT_THAT(Seqs(view.OnNotice(1, Visible(3, 2), kNow)), ElementsAre(3));
  view.OnHead(1, 3, kNow);
  EXPECT_EQ(view.read_at(), std::nullopt);
}

}  // namespace
}  // namespace kefu::gateway::streams
