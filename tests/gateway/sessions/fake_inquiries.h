// One conversation of inquiries, as far as sessions that wait need it: an open inquiry, lines that
// are said once, a close that sees what the buyer wrote last.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/upstream/inquiries_client.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/server/grpc_server.h"

namespace kefu::gateway::sessions::test {

class FakeInquiries final : public inquiries::v1::ConversationService::CallbackService {
 public:
  explicit FakeInquiries(const SessionId& session);
  ~FakeInquiries() override;

  InquiriesClient& client() { return *client_; }
  inquiries::v1::Inquiry inquiry();
  void Change(const std::function<void(inquiries::v1::Inquiry&)>& change);
  // The buyer said something at that time.
  void BuyerWrites(TimePoint at);
  // Sessions before this one, newest first.
  void SetEarlier(std::vector<inquiries::v1::Inquiry> earlier);
  // What the system said: of parked lines the reason, of replies the occasion; by request id.
  std::map<std::string, std::string> said();
  int lists();

 private:
  grpc::ServerUnaryReactor* GetConversation(grpc::CallbackServerContext*,
                                            const inquiries::v1::GetConversationRequest*,
                                            inquiries::v1::Conversation*) override;
  grpc::ServerUnaryReactor* ListInquiries(grpc::CallbackServerContext*,
                                          const inquiries::v1::ListInquiriesRequest*,
                                          inquiries::v1::ListInquiriesResponse*) override;
  grpc::ServerUnaryReactor* ListEntries(grpc::CallbackServerContext*,
                                        const inquiries::v1::ListEntriesRequest*,
                                        inquiries::v1::ListEntriesResponse*) override;
  grpc::ServerUnaryReactor* Append(grpc::CallbackServerContext*,
                                   const inquiries::v1::AppendRequest*,
                                   inquiries::v1::AppendResponse*) override;
  grpc::ServerUnaryReactor* CloseInquiry(grpc::CallbackServerContext*,
                                         const inquiries::v1::CloseInquiryRequest*,
                                         inquiries::v1::CloseInquiryResponse*) override;
  grpc::ServerUnaryReactor* RaiseFence(grpc::CallbackServerContext*,
                                       const inquiries::v1::RaiseFenceRequest*,
                                       inquiries::v1::RaiseFenceResponse*) override;

  absl::Mutex mutex_;
  inquiries::v1::Conversation conversation_ ABSL_GUARDED_BY(mutex_);
  std::vector<inquiries::v1::Inquiry> earlier_ ABSL_GUARDED_BY(mutex_);
  std::vector<common::v1::Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> said_ ABSL_GUARDED_BY(mutex_);
  int lists_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<server::GrpcServer> server_;
  std::unique_ptr<InquiriesClient> client_;
};

}  // namespace kefu::gateway::sessions::test
