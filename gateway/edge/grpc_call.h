// One gRPC call of whatever method, as a coroutine sees it: bytes in, bytes out, one thing after
// the other.
//
// Ownership: gRPC's from CreateReactor until OnDone, which comes after Finish; the coroutine that
// serves the call uses it until it calls Finish or FinishWith, and not after that. Threads: gRPC's
// callbacks come on its own threads; everything else happens on the call's executor, but for Tell.
#pragma once

#include <absl/status/status.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/edge/gone_signal.h"
#include "services/common/base/task.h"

namespace kefu::gateway {

class GrpcCall final : public grpc::ServerGenericBidiReactor {
 public:
  // `on_done` is called when gRPC has let go of the call, which then deletes itself.
  GrpcCall(grpc::GenericCallbackServerContext& context, Executor executor,
           std::function<void(GrpcCall*)> on_done);

  // "package.Service/Method".
  std::string_view path() const;
  // Empty if the client sent none; values that it sent several of are joined by commas.
  std::string Metadata(std::string_view key) const;
  // As gRPC writes it, e.g. "ipv4:127.0.0.1:50123".
  std::string peer() const { return context_.peer(); }
  // What is left of the time that the client allows; none if it named no deadline.
  std::optional<int64_t> timeout_ms() const;
  // Before anything is sent. The key is lower case, the value printable ASCII.
  void AddHeader(const std::string& key, const std::string& value);

  // One at a time. False: the client is gone, or said nothing more, or the time was up, which cuts
  // the call.
  Task<bool> Read(grpc::ByteBuffer* message, int64_t bound_ms);
  Task<bool> SendHead(int64_t bound_ms);
  Task<bool> Write(const grpc::ByteBuffer* message, int64_t bound_ms);
  void Finish(const absl::Status& status);
  void FinishWith(grpc::ByteBuffer message);

  // Fired when the client is gone, or by Tell.
  GoneSignal& gone() { return *gone_; }
  // The server wants streams to end. From any thread, as long as gRPC has the call.
  void Tell();

  void OnSendInitialMetadataDone(bool ok) override { Resume(ok); }
  void OnReadDone(bool ok) override { Resume(ok); }
  void OnWriteDone(bool ok) override { Resume(ok); }
  void OnCancel() override { Tell(); }
  void OnDone() override;

 private:
  // Begins an operation and waits for the callback that ends it.
  Task<bool> Operation(int64_t bound_ms, std::function<void()> begin);
  void Resume(bool ok);

  grpc::GenericCallbackServerContext& context_;
  const Executor executor_;
  const std::function<void(GrpcCall*)> on_done_;
  // Shared with what is posted to the executor, which may come after the call is gone.
  const std::shared_ptr<GoneSignal> gone_;
  // Of the operation under way.
  std::function<void(bool)> resume_;
  grpc::ByteBuffer last_;
};

}  // namespace kefu::gateway
