#include "gateway/sessions/system_voice.h"

#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::sessions {

Task<absl::Status> SystemVoice::Say(server::CallScope scope, ShopId shop, SessionId session,
                                    std::string request_id, common::v1::SystemLine line) {
  inquiries::v1::AppendRequest append;
  append.set_shop(shop.str());
  append.set_conversation(session.conversation().str());
  append.set_session(session.str());
  append.mutable_sender()->set_kind(common::v1::Sender::KIND_SYSTEM);
  append.set_request_id(std::move(request_id));
  append.set_channel(common::v1::CHANNEL_WIDGET);
  *append.mutable_content()->mutable_system() = std::move(line);
  const auto appended = co_await inquiries_.Append(std::move(scope), std::move(append));
  if (appended.ok()) co_return absl::OkStatus();
  const std::string reason = ErrorReason(appended.status());
  // REQUEST_ID_REUSED: it was said with what was known then.
  const bool nothing_to_say =
      reason == "SESSION_CLOSED" || reason == "NO_SUCH_SESSION" || reason == "REQUEST_ID_REUSED";
  co_return nothing_to_say ? absl::OkStatus() : appended.status();
}

}  // namespace kefu::gateway::sessions
