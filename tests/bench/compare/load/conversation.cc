#include "tests/bench/compare/load/conversation.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "tests/bench/compare/load/cpu.h"

namespace kefu::bench {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
// What comes so long after the end of a phase counts as delivered by a system that keeps up.
constexpr int64_t kGrace = kSecond / 10;
constexpr int64_t kHopeless = 5 * kSecond;

// What another run said in the same conversations, and streams begin with, must not be taken for
// what this one says.
uint64_t FirstNumber() { return static_cast<uint64_t>(time(nullptr)) % 90'000 * 100'000; }

double Quantile(std::vector<int64_t>& delays, uint64_t of, double share) {
  const auto at = static_cast<size_t>(share * static_cast<double>(of));
  if (at >= delays.size()) return -1;
  std::nth_element(delays.begin(), delays.begin() + static_cast<int64_t>(at), delays.end());
  return static_cast<double>(delays[at]) / 1e6;
}

}  // namespace

Conversations::Conversations(const std::string& kind, const std::vector<Person>& people, Loop& loop)
    : loop_(loop), speakers_(people.size()) {
  for (int who = 0; who < static_cast<int>(people.size()); ++who) {
    Events events{
        .acknowledged = [this, who](bool accepted) { OnAcknowledged(who, accepted); },
        .shown = [this, who](int sender, uint64_t number) { OnShown(who, sender, number); },
    };
    Speaker& speaker = speakers_[who];
    speaker.peer = people[who].peer;
    speaker.number = FirstNumber();
    speaker.first = speaker.number + 1;
    speaker.client = ConnectClient(kind, people[who], who, std::move(events));
    for (const auto& wire : speaker.client->wires()) loop.Add(*wire);
  }
}

Figures Conversations::Closed(double seconds, const std::vector<int>& servers) {
  Begin(true);
  const Window window(servers);
  const int64_t begin = Now();
  const int64_t end = begin + static_cast<int64_t>(seconds * kSecond);
  for (int who = 0; who < static_cast<int>(speakers_.size()); ++who) Say(who, Now());
  while (Now() < end) loop_.Turn(end);
  speaking_ = false;
  Figures figures = Finish(static_cast<double>(Now() - begin) / kSecond);
  window.End(&figures);
  Settle();
  figures.lost = figures.due - delivered_ - refused_;
  return figures;
}

Figures Conversations::Open(double per_second, double seconds, const std::vector<int>& servers) {
  Begin(false);
  const Window window(servers);
  const int64_t begin = Now();
  const auto total = static_cast<int64_t>(per_second * seconds);
  for (int64_t next = 0; next < total;) {
    const int64_t due =
        begin + static_cast<int64_t>(static_cast<double>(next) * kSecond / per_second);
    if (Now() < due) {
      loop_.Turn(due);
      continue;
    }
    const int who = static_cast<int>(next++ % static_cast<int64_t>(speakers_.size()));
    speakers_[who].waiting.push_back(due);
    GoOn(who);
  }
  Figures figures;
  window.End(&figures);
  const int64_t end = Now() + kGrace;
  while (Now() < end && delivered_ + refused_ < static_cast<uint64_t>(total)) loop_.Turn(end);
  speaking_ = false;
  const Figures counted = Finish(seconds);
  figures.seconds = counted.seconds;
  figures.due = static_cast<uint64_t>(total);
  figures.delivered = counted.delivered;
  figures.refused = counted.refused;
  figures.p50_ms = Quantile(delays_, figures.due, 0.5);
  figures.p99_ms = Quantile(delays_, figures.due, 0.99);
  uint64_t said = 0;
  for (const Speaker& speaker : speakers_) said += speaker.due.size();
  Settle();
  figures.lost = said - delivered_ - refused_;
  return figures;
}

void Conversations::Begin(bool closed) {
  closed_ = closed;
  speaking_ = true;
  delivered_ = refused_ = 0;
  delays_.clear();
  for (Speaker& speaker : speakers_) {
    speaker.first = speaker.number + 1;
    speaker.due.clear();
    speaker.waiting.clear();
    speaker.acknowledged = speaker.shown = true;
  }
}

void Conversations::Say(int who, int64_t due) {
  Speaker& speaker = speakers_[who];
  speaker.acknowledged = speaker.shown = false;
  speaker.due.push_back(due);
  speaker.client->Send(who, ++speaker.number);
}

void Conversations::OnAcknowledged(int who, bool accepted) {
  Speaker& speaker = speakers_[who];
  speaker.acknowledged = true;
  if (!accepted) {
    ++refused_;
    speaker.shown = true;
    speaker.due.back() = 0;
  }
  GoOn(who);
}

void Conversations::OnShown(int by, int sender, uint64_t number) {
  // Its own, or what was said before this phase.
  if (sender != speakers_[by].peer) return;
  Speaker& speaker = speakers_[sender];
  if (number < speaker.first || number - speaker.first >= speaker.due.size()) return;
  int64_t& due = speaker.due[number - speaker.first];
  if (due == 0) return;
  delays_.push_back(Now() - std::exchange(due, 0));
  ++delivered_;
  if (number == speaker.number) speaker.shown = true;
  GoOn(sender);
}

void Conversations::GoOn(int who) {
  Speaker& speaker = speakers_[who];
  if (!speaking_ || !speaker.acknowledged) return;
  if (closed_) {
    if (speaker.shown) Say(who, Now());
  } else if (!speaker.waiting.empty()) {
    const int64_t due = speaker.waiting.front();
    speaker.waiting.pop_front();
    Say(who, due);
  }
}

void Conversations::Settle() {
  const auto settled = [](const Speaker& speaker) { return speaker.acknowledged && speaker.shown; };
  const int64_t end = Now() + kHopeless;
  while (Now() < end && !std::all_of(speakers_.begin(), speakers_.end(), settled)) loop_.Turn(end);
}

Figures Conversations::Finish(double seconds) {
  Figures figures;
  figures.seconds = seconds;
  for (const Speaker& speaker : speakers_) figures.due += speaker.due.size();
  figures.delivered = delivered_;
  figures.refused = refused_;
  figures.p50_ms = Quantile(delays_, delays_.size(), 0.5);
  figures.p99_ms = Quantile(delays_, delays_.size(), 0.99);
  return figures;
}

}  // namespace kefu::bench
