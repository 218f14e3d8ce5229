#include "deploy/ctl/replay/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <sstream>
#include <utility>

#include "deploy/ctl/replay/buyer.h"
#include "deploy/ctl/replay/staff.h"
#include "services/common/base/async.h"

namespace kefu::ctl {
namespace {

// One run: who takes part, in which order things happen.
class Run {
 public:
  Run(ConnectClient& client, HistoryWriter& history, std::vector<Chat> chats, ReplayOptions options)
      : world_(client, history, options.seed),
        chats_(std::move(chats)),
        options_(std::move(options)),
        played_(client.executor()),
        timekeeper_(client.executor()) {
    world_.shop = options_.shop;
    world_.patience_ms = options_.patience_ms;
    world_.closed_loop = options_.closed_loop;
  }

  Task<absl::StatusOr<Report>> Go() {
    absl::Status ready = co_await Staffed();
    if (ready.ok()) ready = co_await Online();
    if (ready.ok()) co_await PlayAll();
    co_await Finish();
    if (!ready.ok()) co_return ready;
    co_return std::move(world_.report);
  }

 private:
  Task<absl::Status> Staffed() {
    staff_.agents = options_.agents;
    if (options_.agents.empty()) {
      KEFU_CO_RETURN_IF_ERROR(co_await HireStaff(&world_, options_.operator_key, options_.pairs,
                                                 options_.agent_capacity, &staff_));
    }
    for (const Login& login : staff_.agents) {
      agents_.push_back(std::make_unique<Agent>(world_, agents_.size() + 1, login));
    }
    co_return absl::OkStatus();
  }

  Task<absl::Status> Online() {
    for (auto& agent : agents_) {
      KEFU_CO_RETURN_IF_ERROR(co_await agent->SignIn());
      KEFU_CO_RETURN_IF_ERROR(co_await agent->GoOnline());
    }
    if (!staff_.supervisor.login.empty()) {
      reader_ = std::make_unique<StaffReader>(world_, staff_.supervisor);
      KEFU_CO_RETURN_IF_ERROR(co_await reader_->SignIn());
    }
    co_return absl::OkStatus();
  }

  Task<> PlayAll() {
    begin_ms_ = MonotonicMs();
    world_.Progress();
    if (options_.duration_ms > 0) timekeeper_.Start(CutAtTheEnd());
    if (options_.closed_loop) {
      for (size_t i = 0; i < options_.pairs; ++i) played_.Start(PlayInTurn());
    } else {
      for (const Chat& chat : chats_) played_.Start(PlayOnTime(&chat));
    }
    co_await played_.Join();
    all_played_ = true;
    over_.Notify();
    co_await timekeeper_.Join();
    for (auto& buyer : buyers_) {
      if (!verified_.contains(buyer.get())) co_await buyer->Verify();
    }
    world_.report.seconds = static_cast<double>(MonotonicMs() - begin_ms_) / 1000;
  }

  Task<> CutAtTheEnd() {
    const int64_t end_ms = begin_ms_ + options_.duration_ms;
    while (!all_played_ && MonotonicMs() < end_ms) co_await over_.Wait(end_ms - MonotonicMs());
    time_is_up_ = true;
    over_.Notify();
    for (auto& run : runs_) run.Cut();
  }

  Task<> PlayInTurn() {
    while (!time_is_up_) {
      if (next_ >= chats_.size() && options_.duration_ms > 0) next_ = 0;
      if (next_ >= chats_.size()) break;
      const Chat* chat = &chats_[next_++];
      co_await PlayOne(chat, MonotonicMs(), 0);
    }
  }

  Task<> PlayOnTime(const Chat* chat) {
    const int64_t after_ms = chat->start_ms == 0 ? 0 : chat->start_ms - chats_.front().start_ms;
    const int64_t start_ms =
        begin_ms_ + static_cast<int64_t>(static_cast<double>(after_ms) / options_.speed);
    while (!time_is_up_ && MonotonicMs() < start_ms) co_await over_.Wait(start_ms - MonotonicMs());
    // A wait for a recorded pause is not a standstill.
    world_.Progress();
    if (!time_is_up_) co_await PlayOne(chat, start_ms, options_.speed);
  }

  Task<> PlayOne(const Chat* chat, int64_t begin_ms, double speed) {
    ++world_.report.chats.selected;
    ChatRun& run = runs_.emplace_back(*chat, runs_.size() + 1, begin_ms, speed);
    Buyer& buyer = *buyers_.emplace_back(std::make_unique<Buyer>(world_, run));
    co_await buyer.Play();
    // What is uncertain can still turn up: such a stream stays until everything has come to rest.
    if (buyer.uncertain()) co_return;
    co_await buyer.Verify();
    verified_.insert(&buyer);
  }

  Task<> Finish() {
    world_.stopping = true;
    co_await Judge();
    for (auto& agent : agents_) co_await agent->Leave();
    co_await world_.group.Join();
    if (!options_.agents.empty()) co_return;
    const absl::Status dismissed = co_await DismissStaff(&world_, options_.operator_key, staff_);
    if (!dismissed.ok())
      world_.report.Trouble("could not disable the replay's persons: " + StatusText(dismissed));
  }

  Task<> Judge() {
    Report& report = world_.report;
    std::vector<ConversationFacts> facts;
    for (auto& buyer : buyers_) {
      const ChatRun& chat = buyer->chat();
      report.sessions.closed += chat.closed.size();
      if (chat.cut()) ++report.chats.cut;
      if (chat.Finished() && !chat.cut()) ++report.chats.finished;
      if (!buyer->log().has_value()) {
        ++report.chats.unverified;
        continue;
      }
      facts.push_back(
          {.conversation = chat.conversation, .log = *buyer->log(), .buyer_view = &buyer->view()});
      co_await AddStaffSide(&facts.back());
    }
    world_.ledger.Judge(facts, &report);
    report.assign = world_.assign.Compute();
    report.late = world_.late.Compute();
  }

  Task<> AddStaffSide(ConversationFacts* facts) {
    for (auto& agent : agents_) {
      const auto sight = agent->sights().find(facts->conversation);
      if (sight != agent->sights().end()) facts->agents.push_back(&sight->second);
    }
    if (reader_ == nullptr) co_return;
    absl::StatusOr<std::vector<LogEntry>> log = co_await reader_->Read(facts->conversation);
    if (log.ok()) {
      facts->staff_log = std::move(*log);
      co_return;
    }
    ++world_.report.chats.unverified;
    world_.report.Trouble(fmt::format("the supervisor could not read {}: {}", facts->conversation,
                                      StatusText(log.status())));
  }

  World world_;
  const std::vector<Chat> chats_;
  const ReplayOptions options_;
  Staff staff_;
  std::unique_ptr<StaffReader> reader_;
  std::vector<std::unique_ptr<Agent>> agents_;
  // In a deque, since agents hold pointers to them.
  std::deque<ChatRun> runs_;
  std::vector<std::unique_ptr<Buyer>> buyers_;
  std::set<const Buyer*> verified_;
  // Chats being played; the one who looks at the clock.
  Group played_, timekeeper_;
  Signal over_;
  size_t next_ = 0;
  int64_t begin_ms_ = 0;
  bool time_is_up_ = false, all_played_ = false;
};

}  // namespace

Task<absl::StatusOr<Report>> Replay(ConnectClient& client, HistoryWriter& history,
                                    std::vector<Chat> chats, ReplayOptions options) {
  Run run(client, history, std::move(chats), std::move(options));
  absl::StatusOr<Report> report = co_await run.Go();
  co_return report;
}

absl::StatusOr<std::vector<Login>> ParseLogins(std::string_view text) {
  std::vector<Login> logins;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (size_t number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    Login login;
    std::string rest;
    if (!(words >> login.login)) continue;
    if (!(words >> login.password) || words >> rest) {
      return InvalidField("agents-file", fmt::format("Line {} is not \"login password\".", number));
    }
    logins.push_back(std::move(login));
  }
  return logins;
}

}  // namespace kefu::ctl
