#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <utility>

#include "deploy/ctl/chat/chat.h"
#include "deploy/ctl/chat/follow.h"
#include "deploy/ctl/chat/render.h"
#include "deploy/ctl/chat/terminal.h"
#include "deploy/ctl/replay/signal.h"
#include "proto/kefu/gateway/v1/auth.pb.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "services/common/base/ids.h"

namespace kefu::ctl {
namespace {

namespace v1 = gateway::v1;

class BuyerChat {
 public:
  BuyerChat(ConnectClient& client, ChatOptions options)
      : client_(client),
        options_(std::move(options)),
        group_(client.executor()),
        input_(client.executor(), STDIN_FILENO) {}

  Task<absl::Status> Run() {
    KEFU_CO_RETURN_IF_ERROR(co_await Begin());
    Stream stream(client_, "kefu.gateway.v1.BuyerService/Subscribe", token_,
                  {.request = [this] { return Resume(); },
                   .frame = [this](const v1::BuyerFrame& frame) { Show(frame); },
                   .lost =
                       [](const absl::Status& status) {
                         PrintLine("* reconnecting: " + StatusText(status));
                       }});
    group_.Start(Follow(&stream));
    const Interrupt interrupt(client_.executor(), [this] {
      options_.stay = false;
      input_.Close();
      ended_.Notify();
    });
    const absl::Status status = co_await ReadLines();
    while (status.ok() && options_.stay && !stream_ended_) co_await ended_.Wait(60000);
    stream.Stop();
    co_await group_.Join();
    co_return status.ok() ? stream_status_ : status;
  }

 private:
  using Stream = Follower<v1::BuyerFrame, v1::BuyerSubscribeRequest>;

  Task<absl::Status> Begin() {
    v1::StartGuestRequest request;
    request.set_shop(options_.shop);
    request.set_display_name(options_.name);
    CallOptions options;
    absl::StatusOr<v1::StartGuestResponse> guest = co_await client_.Call<v1::StartGuestResponse>(
        "kefu.gateway.v1.AuthService/StartGuest", std::move(request), std::move(options));
    if (!guest.ok()) co_return guest.status();
    token_ = guest->token();
    conversation_ = guest->conversation();
    if (!options_.json) PrintLine("* conversation " + conversation_);
    co_return absl::OkStatus();
  }

  Task<> Follow(Stream* stream) {
    stream_status_ = co_await stream->Run();
    stream_ended_ = true;
    ended_.Notify();
  }

  Task<absl::Status> ReadLines() {
    while (true) {
      const std::optional<std::string> line = co_await input_.Next();
      if (!line.has_value()) co_return absl::OkStatus();
      if (line->empty()) continue;
      if (*line == "/quit") {
        options_.stay = false;
        co_return absl::OkStatus();
      }
      const absl::Status status = co_await Say(*line);
      if (!status.ok()) PrintLine("! " + StatusText(status));
    }
  }

  Task<absl::Status> Say(std::string text) {
    const std::string request_id = "r-" + NewToken();
    CallOptions options;
    options.bearer = token_;
    if (!session_.empty()) {
      v1::BuyerSendMessageRequest request;
      request.set_request_id(request_id);
      request.set_session(session_);
      request.mutable_content()->mutable_text()->set_body(text);
      absl::StatusOr<v1::BuyerSendMessageResponse> sent =
          co_await client_.Call<v1::BuyerSendMessageResponse>(
              "kefu.gateway.v1.BuyerService/SendMessage", std::move(request), options);
      if (ErrorReason(sent.status()) != "SESSION_CLOSED") co_return sent.status();
    }
    v1::OpenSessionRequest request;
    request.set_request_id("o-" + NewToken());
    request.mutable_content()->mutable_text()->set_body(text);
    request.mutable_opening()->set_channel(common::v1::CHANNEL_WIDGET);
    absl::StatusOr<v1::OpenSessionResponse> opened = co_await client_.Call<v1::OpenSessionResponse>(
        "kefu.gateway.v1.BuyerService/OpenSession", std::move(request), options);
    if (!opened.ok()) co_return opened.status();
    session_ = opened->session();
    co_return absl::OkStatus();
  }

  v1::BuyerSubscribeRequest Resume() const {
    v1::BuyerSubscribeRequest request;
    if (last_seq_ == 0) return request;
    request.mutable_resume()->set_store_epoch(epoch_);
    request.mutable_resume()->set_conversation(conversation_);
    request.mutable_resume()->set_seq(last_seq_);
    return request;
  }

  Task<> MarkRead(uint64_t seq) {
    v1::BuyerMoveMarksRequest request;
    request.set_delivered_seq(seq);
    request.set_read_seq(seq);
    CallOptions options;
    options.bearer = token_;
    // Marks are repeated with the next entry: a failure needs no answer.
    static_cast<void>(co_await client_.Call<v1::BuyerMoveMarksResponse>(
        "kefu.gateway.v1.BuyerService/MoveMarks", std::move(request), std::move(options)));
  }

  void Show(const v1::BuyerFrame& frame) {
    if (frame.has_hello()) epoch_ = frame.hello().store_epoch();
    if (frame.has_resync()) {
      epoch_ = frame.resync().store_epoch();
      last_seq_ = frame.resync().keep_seq();
    }
    if (frame.has_entry()) {
      last_seq_ = frame.entry().seq();
      group_.Start(MarkRead(last_seq_));
    }
    if (options_.json) {
      std::string json;
      if (google::protobuf::util::MessageToJsonString(frame, &json).ok()) PrintLine(json);
      return;
    }
    if (frame.has_entry()) PrintLine(EntryLine(frame.entry()));
    if (frame.has_typing() && frame.typing().typing()) PrintLine("* the agent is typing");
  }

  ConnectClient& client_;
  ChatOptions options_;
  Group group_;
  LineReader input_;
  Signal ended_;
  std::string token_, conversation_, session_;
  uint64_t epoch_ = 0, last_seq_ = 0;
  absl::Status stream_status_;
  bool stream_ended_ = false;
};

}  // namespace

Task<absl::Status> ChatAsBuyer(ConnectClient& client, ChatOptions options) {
  BuyerChat chat(client, std::move(options));
  const absl::Status status = co_await chat.Run();
  co_return status;
}

}  // namespace kefu::ctl
