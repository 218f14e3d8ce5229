#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "deploy/ctl/chat/chat.h"
#include "deploy/ctl/chat/follow.h"
#include "deploy/ctl/chat/render.h"
#include "deploy/ctl/chat/terminal.h"
#include "deploy/ctl/replay/signal.h"
#include "proto/kefu/gateway/v1/agent.pb.h"
#include "proto/kefu/gateway/v1/auth.pb.h"
#include "services/common/base/ids.h"

namespace kefu::ctl {
namespace {

namespace v1 = gateway::v1;

constexpr const char* kHelp =
    "* /list sessions; /use N choose one; /accept N or /decline N [REASON] what is offered; /note "
    "TEXT for the staff; /ask AGENT QUESTION a colleague; /transfer [AGENT] give it away; /hold "
    "until the buyer writes; /resume; /close; /done when its notes are written; /online; /busy; "
    "/quit; anything else is said to the buyer";

bool IsOffered(const v1::Session& session) { return session.state() == v1::Session::STATE_OFFERED; }

bool IsServed(const v1::Session& session) { return session.state() == v1::Session::STATE_ACTIVE; }

// "a b c" as "a" and "b c".
std::pair<std::string, std::string> FirstWord(const std::string& line) {
  const size_t space = line.find(' ');
  if (space == std::string::npos) return {line, ""};
  return {line.substr(0, space), line.substr(space + 1)};
}

class AgentChat {
 public:
  AgentChat(ConnectClient& client, ChatOptions options)
      : client_(client),
        options_(std::move(options)),
        group_(client.executor()),
        input_(client.executor(), STDIN_FILENO) {}

  Task<absl::Status> Run() {
    KEFU_CO_RETURN_IF_ERROR(co_await SignIn());
    Stream stream(client_, "kefu.gateway.v1.AgentService/Subscribe", token_,
                  {.request = [this] { return Resume(); },
                   .frame = [this](const v1::AgentFrame& frame) { Show(frame); },
                   .lost =
                       [](const absl::Status& status) {
                         PrintLine("* reconnecting: " + StatusText(status));
                       }});
    group_.Start(Follow(&stream));
    const Interrupt interrupt(client_.executor(), [this] {
      options_.stay = false;
      input_.Close();
      changed_.Notify();
    });
    while (!live_ && !stream_ended_) co_await changed_.Wait(1000);
    absl::Status status = stream_status_;
    if (status.ok()) status = co_await SetPresence(v1::PRESENCE_ONLINE);
    if (status.ok()) co_await ReadLines();
    while (status.ok() && options_.stay && !stream_ended_) co_await changed_.Wait(60000);
    if (status.ok()) status = co_await SetPresence(v1::PRESENCE_OFFLINE);
    stream.Stop();
    co_await group_.Join();
    co_return status.ok() ? stream_status_ : status;
  }

 private:
  using Stream = Follower<v1::AgentFrame, v1::AgentSubscribeRequest>;

  struct Held {
    v1::Session session;
    uint64_t last_seq = 0;
  };

  CallOptions Options() const {
    CallOptions options;
    options.bearer = token_;
    return options;
  }

  Task<absl::Status> SignIn() {
    v1::SignInRequest request;
    request.set_login(options_.login);
    request.set_password(options_.password);
    request.set_shop(options_.shop);
    CallOptions options;
    options.attempt_ms = 10000;
    absl::StatusOr<v1::SignInResponse> response = co_await client_.Call<v1::SignInResponse>(
        "kefu.gateway.v1.AuthService/SignIn", std::move(request), std::move(options));
    if (!response.ok()) co_return response.status();
    token_ = response->token();
    if (!options_.json)
      PrintLine(fmt::format("* signed in as {} {}", response->display_name(), response->agent()));
    co_return absl::OkStatus();
  }

  Task<> Follow(Stream* stream) {
    stream_status_ = co_await stream->Run();
    stream_ended_ = true;
    changed_.Notify();
  }

  // A write; its request id is made here.
  template <class Response, class Request>
  Task<absl::Status> Do(const char* method, Request request) {
    request.set_request_id("r-" + NewToken());
    CallOptions options = Options();
    const absl::StatusOr<Response> response =
        co_await client_.Call<Response>(std::string("kefu.gateway.v1.AgentService/") + method,
                                        std::move(request), std::move(options));
    co_return response.status();
  }

  Task<absl::Status> SetPresence(v1::Presence presence) {
    v1::SetPresenceRequest request;
    request.set_presence(presence);
    co_return co_await Do<v1::SetPresenceResponse>("SetPresence", std::move(request));
  }

  Task<> ReadLines() {
    while (true) {
      const std::optional<std::string> line = co_await input_.Next();
      if (!line.has_value()) co_return;
      if (line->empty()) continue;
      if (*line == "/quit") {
        options_.stay = false;
        co_return;
      }
      const absl::Status status = co_await Obey(*line);
      if (!status.ok()) PrintLine("! " + StatusText(status));
    }
  }

  Task<absl::Status> Obey(std::string line) {
    const auto [command, rest] = FirstWord(line);
    absl::Status status;
    if (command == "/list") {
      List();
    } else if (command == "/use") {
      status = Use(rest);
    } else if (command == "/accept") {
      status = co_await Accept(rest);
    } else if (command == "/decline") {
      status = co_await Decline(rest);
    } else if (command == "/hold") {
      status = co_await OnCurrent<v1::HoldSessionResponse>("HoldSession", v1::HoldSessionRequest());
    } else if (command == "/resume") {
      status = co_await OnSession<v1::ResumeSessionResponse>("ResumeSession",
                                                             v1::ResumeSessionRequest());
    } else if (command == "/done") {
      status =
          co_await OnSession<v1::FinishWrapUpResponse>("FinishWrapUp", v1::FinishWrapUpRequest());
    } else if (command == "/ask") {
      status = co_await Ask(rest);
    } else if (command == "/online") {
      status = co_await SetPresence(v1::PRESENCE_ONLINE);
    } else if (command == "/busy") {
      status = co_await SetPresence(v1::PRESENCE_BUSY);
    } else if (command == "/note") {
      status = co_await Say(rest, /*note=*/true);
    } else if (command == "/transfer") {
      status = co_await Transfer(rest);
    } else if (command == "/close") {
      status = co_await Close();
    } else if (command[0] == '/') {
      PrintLine(kHelp);
    } else {
      status = co_await Say(line, /*note=*/false);
    }
    co_return status;
  }

  void List() const {
    for (size_t i = 0; i < order_.size(); ++i) {
      const auto held = held_.find(order_[i]);
      if (held == held_.end()) continue;
      PrintLine(fmt::format("{} {} {}", order_[i] == current_ ? '*' : ' ', i + 1,
                            SessionLine(held->second.session)));
    }
  }

  // The session of that number; the error says where the numbers stand.
  absl::StatusOr<Held*> Numbered(const std::string& number) {
    for (size_t i = 0; i < order_.size(); ++i) {
      const auto held = held_.find(order_[i]);
      if (std::to_string(i + 1) == number && held != held_.end()) return &held->second;
    }
    return absl::NotFoundError("No session of that number is yours; /list shows them.");
  }

  absl::Status Use(const std::string& number) {
    const absl::StatusOr<Held*> held = Numbered(number);
    if (held.ok()) current_ = (*held)->session.session();
    return held.status();
  }

  // The session that was chosen; the error says how to choose one.
  absl::StatusOr<Held*> Current() {
    const auto held = held_.find(current_);
    if (held != held_.end()) return &held->second;
    return absl::FailedPreconditionError(
        "No session is chosen; /list shows them, /use N chooses one.");
  }

  // A call about the chosen session, under its fence.
  template <class Response, class Request>
  Task<absl::Status> OnCurrent(const char* method, Request request) {
    KEFU_CO_ASSIGN_OR_RETURN(const Held* held, Current());
    request.set_session(held->session.session());
    request.set_fence(held->session.fence());
    co_return co_await Do<Response>(method, std::move(request));
  }

  Task<absl::Status> Say(std::string text, bool note) {
    v1::AgentSendMessageRequest request;
    if (note) {
      request.mutable_content()->mutable_note()->set_body(text);
    } else {
      request.mutable_content()->mutable_text()->set_body(text);
    }
    co_return co_await OnCurrent<v1::AgentSendMessageResponse>("SendMessage", std::move(request));
  }

  Task<absl::Status> Accept(std::string number) {
    KEFU_CO_ASSIGN_OR_RETURN(const Held* held, Numbered(number));
    v1::AcceptOfferRequest request;
    request.set_session(held->session.session());
    request.set_offer(held->session.offer());
    co_return co_await Do<v1::AcceptOfferResponse>("AcceptOffer", std::move(request));
  }

  Task<> AcceptUnasked(std::string number) {
    const absl::Status accepted = co_await Accept(std::move(number));
    if (!accepted.ok()) PrintLine("! " + StatusText(accepted));
  }

  Task<absl::Status> Decline(std::string line) {
    const auto [number, reason] = FirstWord(line);
    KEFU_CO_ASSIGN_OR_RETURN(const Held* held, Numbered(number));
    v1::DeclineOfferRequest request;
    request.set_session(held->session.session());
    request.set_offer(held->session.offer());
    request.set_reason(reason);
    co_return co_await Do<v1::DeclineOfferResponse>("DeclineOffer", std::move(request));
  }

  Task<absl::Status> Transfer(std::string to_agent) {
    v1::TransferSessionRequest request;
    request.set_to_agent(to_agent);
    co_return co_await OnCurrent<v1::TransferSessionResponse>("TransferSession",
                                                              std::move(request));
  }

  Task<absl::Status> Ask(std::string line) {
    const auto [agent, question] = FirstWord(line);
    v1::StartConsultRequest request;
    request.set_agent(agent);
    request.set_question(question);
    co_return co_await OnCurrent<v1::StartConsultResponse>("StartConsult", std::move(request));
  }

  // As OnCurrent, for calls that name no fence.
  template <class Response, class Request>
  Task<absl::Status> OnSession(const char* method, Request request) {
    KEFU_CO_ASSIGN_OR_RETURN(const Held* held, Current());
    request.set_session(held->session.session());
    co_return co_await Do<Response>(method, std::move(request));
  }

  Task<absl::Status> Close() {
    KEFU_CO_ASSIGN_OR_RETURN(const Held* held, Current());
    v1::CloseSessionRequest request;
    request.set_last_seen_seq(held->last_seq);
    request.set_reason("solved");
    co_return co_await OnCurrent<v1::CloseSessionResponse>("CloseSession", std::move(request));
  }

  v1::AgentSubscribeRequest Resume() const {
    v1::AgentSubscribeRequest request;
    for (const auto& [name, held] : held_) {
      if (held.last_seq == 0) continue;
      v1::ResumeToken* token = request.add_resume();
      token->set_store_epoch(epoch_);
      token->set_conversation(held.session.conversation());
      token->set_seq(held.last_seq);
    }
    return request;
  }

  Held* OfConversation(const std::string& conversation) {
    for (auto& [name, held] : held_) {
      if (held.session.conversation() == conversation) return &held;
    }
    return nullptr;
  }

  void Keep(const v1::Session& session) {
    Held& held = held_[session.session()];
    const bool is_new = held.session.session().empty();
    if (!is_new && session.version() < held.session.version()) return;
    const bool offered = IsOffered(session) && held.session.offer() != session.offer();
    held.session = session;
    if (is_new) order_.push_back(session.session());
    const size_t number =
        std::find(order_.begin(), order_.end(), session.session()) - order_.begin() + 1;
    if (is_new && !options_.json) PrintLine(fmt::format("+ {} {}", number, SessionLine(session)));
    const auto current = held_.find(current_);
    const bool serves = current != held_.end() && IsServed(current->second.session);
    if (current == held_.end() || (!serves && IsServed(session))) current_ = session.session();
    if (offered && !options_.ask) group_.Start(AcceptUnasked(std::to_string(number)));
  }

  void Drop(const std::string& session) {
    if (held_.erase(session) == 0) return;
    if (current_ == session) current_ = held_.empty() ? "" : held_.begin()->first;
    if (!options_.json) PrintLine("- " + session);
  }

  void OnSnapshot(const v1::AgentSnapshot& snapshot) {
    live_ = true;
    epoch_ = snapshot.store_epoch();
    std::vector<std::string> gone;
    for (const auto& [name, held] : held_) gone.push_back(name);
    for (const v1::Session& session : snapshot.sessions()) std::erase(gone, session.session());
    for (const std::string& session : gone) Drop(session);
    for (const v1::Session& session : snapshot.sessions()) Keep(session);
  }

  void OnEntry(const common::v1::Entry& entry) {
    Held* held = OfConversation(entry.conversation());
    if (held != nullptr) held->last_seq = entry.seq();
    if (options_.json) return;
    const bool elsewhere = held == nullptr || held->session.session() != current_;
    PrintLine((elsewhere ? "  (" + entry.session() + ") " : std::string()) + EntryLine(entry));
  }

  void Show(const v1::AgentFrame& frame) {
    if (options_.json) {
      std::string json;
      if (google::protobuf::util::MessageToJsonString(frame, &json).ok()) PrintLine(json);
    }
    if (frame.has_snapshot()) OnSnapshot(frame.snapshot());
    if (frame.has_entry()) OnEntry(frame.entry());
    if (frame.has_session()) {
      const v1::SessionChanged& change = frame.session();
      change.held() ? Keep(change.session()) : Drop(change.session().session());
    }
    if (frame.has_resync()) {
      epoch_ = frame.resync().store_epoch();
      Held* held = OfConversation(frame.resync().conversation());
      if (held != nullptr) held->last_seq = frame.resync().keep_seq();
    }
    if (frame.has_queue() && !options_.json)
      PrintLine(fmt::format("* {} waiting", frame.queue().waiting()));
    if (frame.has_consult() && !options_.json) {
      const v1::Consult& consult = frame.consult();
      PrintLine(fmt::format("* {} asks {} about {}{}", consult.asker(), consult.agent(),
                            consult.session(), consult.ended() ? ": ended" : ""));
    }
    if (frame.has_suggestion() && !options_.json) {
      const v1::Suggestion& suggestion = frame.suggestion();
      PrintLine(fmt::format("* {} suggests: {}", Printable(suggestion.agent_display_name()),
                            Printable(suggestion.text())));
    }
    changed_.Notify();
  }

  ConnectClient& client_;
  ChatOptions options_;
  Group group_;
  LineReader input_;
  Signal changed_;
  std::string token_;
  std::map<std::string, Held> held_;
  // Sessions in the order in which they came, numbered from 1; and the one that typed lines go to.
  std::vector<std::string> order_;
  std::string current_;
  uint64_t epoch_ = 0;
  absl::Status stream_status_;
  bool live_ = false, stream_ended_ = false;
};

}  // namespace

Task<absl::Status> ChatAsAgent(ConnectClient& client, ChatOptions options) {
  AgentChat chat(client, std::move(options));
  const absl::Status status = co_await chat.Run();
  co_return status;
}

}  // namespace kefu::ctl
