#include "gateway/edge/grpc_front.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/health_check_service_interface.h>

#include <chrono>
#include <optional>
#include <unordered_set>
#include <utility>

#include "gateway/edge/grpc_call.h"
#include "gateway/edge/grpc_reflection.h"
#include "gateway/edge/http_message.h"
#include "gateway/edge/peer_address.h"
#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "services/common/base/trace.h"

namespace kefu::gateway {
namespace {

using google::protobuf::Message;

constexpr int kMinPingIntervalMs = 20 * 1000;
constexpr int kMaxStreamsPerConnection = 1000;
// gRPC itself cuts what is larger, without telling the client why: what is merely too large for us
// is refused in words.
constexpr uint64_t kRefusedInWords = 4;

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!buffer.Dump(&slices).ok()) return text;
  text.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices)
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

absl::Status ToBuffer(const Message& message, grpc::ByteBuffer* buffer) {
  std::string bytes;
  if (!message.SerializeToString(&bytes)) {
    return Error(absl::StatusCode::kInternal, "ENCODING_FAILED",
                 "The answer could not be encoded; report this with the request id.");
  }
  const grpc::Slice slice(bytes);
  *buffer = grpc::ByteBuffer(&slice, 1);
  return absl::OkStatus();
}

absl::Status NoRequest() {
  return Error(absl::StatusCode::kInvalidArgument, "REQUEST_MISSING",
               "Send the request's message with the call, within ten seconds.");
}

absl::Status TooLarge() {
  return Error(
      absl::StatusCode::kResourceExhausted, "BODY_TOO_LARGE",
      "The message is larger than the gateway takes for this method; send less at a time.");
}

absl::Status TooManyCalls() {
  return WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_CALLS",
                              "The gateway serves as many calls as it can; try again."),
                        1000);
}

absl::Status ClientGone() {
  return Error(absl::StatusCode::kCancelled, "CLIENT_GONE", "The client is gone.");
}

// The trace id of "00-<trace id>-<span id>-<flags>".
std::string TraceId(const std::string& traceparent) { return traceparent.substr(3, 32); }

// The front's end of a stream; of the call's coroutine.
class GrpcStream final : public ServerStream {
 public:
  GrpcStream(GrpcCall& call, int64_t write_timeout_ms)
      : call_(call), write_timeout_ms_(write_timeout_ms) {}

  Task<absl::Status> Open() override {
    const bool sent = co_await call_.SendHead(write_timeout_ms_);
    co_return sent ? absl::OkStatus() : ClientGone();
  }

  Task<absl::Status> Write(std::vector<MessagePtr> frames) override {
    for (MessagePtr& frame : frames) {
      grpc::ByteBuffer buffer;
      KEFU_CO_RETURN_IF_ERROR(ToBuffer(*frame, &buffer));
      frame.reset();
      const bool sent = co_await call_.Write(&buffer, write_timeout_ms_);
      if (!sent) co_return ClientGone();
    }
    co_return absl::OkStatus();
  }

  void OnGone(std::function<void()> callback) override { call_.gone().Set(std::move(callback)); }

 private:
  GrpcCall& call_;
  const int64_t write_timeout_ms_;
};

}  // namespace

class GrpcFront::Impl final : public grpc::CallbackGenericService {
 public:
  Impl(const GrpcConfig& config, const Deps& deps, TrustedProxies proxies)
      : config_(config),
        deps_(deps),
        proxies_(std::move(proxies)),
        open_(deps.metrics.AddGauge("kefu_edge_grpc_calls", "gRPC calls under way.")) {
    if (config.reflection) reflection_.emplace(deps.registry);
  }

  absl::Status Start() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(config_.listen, grpc::InsecureServerCredentials(), &port);
    builder.RegisterCallbackGenericService(this);
    Limit(builder);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || (port == 0 && !config_.listen.starts_with("unix:"))) {
      return Error(absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
                   "Cannot listen on " + config_.listen + ".");
    }
    address_ = config_.listen;
    if (port != 0) {
      address_ = config_.listen.substr(0, config_.listen.rfind(':')) + ":" + std::to_string(port);
    }
    return absl::OkStatus();
  }

  const std::string& address() const { return address_; }

  void Drain(int64_t bound_ms) {
    if (server_ == nullptr) return;
    server_->GetHealthCheckService()->SetServingStatus(false);
    {
      absl::MutexLock lock(&mutex_);
      draining_ = true;
      for (GrpcCall* call : calls_) call->Tell();
    }
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(bound_ms));
  }

  void Stop() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_.reset();
  }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    const Executor executor = deps_.io.Next();
    auto* const call = new GrpcCall(*context, executor, [this](GrpcCall* done) {
      Forget(done);
      delete done;
    });
    if (Remember(call)) {
      Spawn(executor, Serve(*call));
    } else {
      call->Finish(TooManyCalls());
    }
    return call;
  }

 private:
  void Limit(grpc::ServerBuilder& builder) const {
    const auto set = [&](const char* key, int64_t value) {
      builder.AddChannelArgument(key, static_cast<int>(value));
    };
    builder.SetMaxReceiveMessageSize(static_cast<int>(
        deps_.dispatcher.LargestBody(config_.max_message_bytes) * kRefusedInWords));
    set(GRPC_ARG_MAX_METADATA_SIZE, config_.max_metadata_bytes);
    set(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
    set(GRPC_ARG_MAX_CONNECTION_AGE_MS, config_.max_connection_age_ms);
    set(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, config_.max_connection_grace_ms);
    set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingIntervalMs);
    set(GRPC_ARG_ALLOW_REUSEPORT, 0);
    for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP})
      builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  }

  bool Remember(GrpcCall* call) {
    absl::MutexLock lock(&mutex_);
    calls_.insert(call);
    open_.Set(static_cast<double>(calls_.size()));
    if (draining_) call->Tell();
    return calls_.size() <= config_.max_calls;
  }
  void Forget(GrpcCall* call) {
    absl::MutexLock lock(&mutex_);
    calls_.erase(call);
    open_.Set(static_cast<double>(calls_.size()));
  }

  Task<> Serve(GrpcCall& call) {
    const std::string path(call.path());
    if (reflection_ && IsReflection(path)) {
      co_await Reflect(call);
      co_return;
    }
    const Method* method = deps_.dispatcher.Find(path);
    if (method == nullptr) {
      call.Finish(Dispatcher::MethodUnknown(path));
      co_return;
    }
    grpc::ByteBuffer request;
    const bool read = co_await call.Read(&request, config_.read_timeout_ms);
    if (!read || request.Length() > deps_.dispatcher.BodyLimit(path, config_.max_message_bytes)) {
      call.Finish(read ? TooLarge() : NoRequest());
      co_return;
    }
    CallPtr asked = ToCall(call, request);
    request.Clear();
    call.AddHeader("x-request-id", TraceId(asked->traceparent));
    if (method->stream) {
      co_await ServeStream(call, std::move(asked));
    } else {
      co_await ServeUnary(call, std::move(asked));
    }
  }

  Task<> ServeUnary(GrpcCall& call, CallPtr asked) {
    absl::StatusOr<MessagePtr> answer = co_await deps_.dispatcher.Unary(std::move(asked));
    absl::Status status = answer.status();
    grpc::ByteBuffer message;
    if (status.ok()) status = ToBuffer(**answer, &message);
    if (status.ok()) {
      call.FinishWith(std::move(message));
    } else {
      call.Finish(status);
    }
  }

  Task<> ServeStream(GrpcCall& call, CallPtr asked) {
    GrpcStream stream(call, config_.write_timeout_ms);
    const absl::Status status = co_await deps_.dispatcher.Stream(std::move(asked), stream);
    call.Finish(status);
  }

  Task<> Reflect(GrpcCall& call) {
    grpc::ByteBuffer buffer;
    bool open = co_await call.Read(&buffer, config_.read_timeout_ms);
    while (open) {
      grpc::reflection::v1alpha::ServerReflectionRequest request;
      if (!request.ParseFromString(ToString(buffer))) break;
      if (!ToBuffer(reflection_->Answer(request), &buffer).ok()) break;
      open = co_await call.Write(&buffer, config_.write_timeout_ms);
      if (open) open = co_await call.Read(&buffer, config_.read_timeout_ms);
    }
    call.Finish(absl::OkStatus());
  }

  CallPtr ToCall(const GrpcCall& call, const grpc::ByteBuffer& request) const {
    auto asked = std::make_unique<Call>();
    asked->path = std::string(call.path());
    asked->bearer = std::string(BearerToken(call.Metadata("authorization")));
    asked->peer =
        proxies_.ClientOf(AddressOfGrpcPeer(call.peer()), call.Metadata("x-forwarded-for"));
    asked->traceparent = TraceparentOrNew(call.Metadata("traceparent"));
    asked->timeout_ms = call.timeout_ms();
    asked->codec = Codec::kProto;
    asked->body = ToString(request);
    return asked;
  }

  const GrpcConfig config_;
  const Deps deps_;
  const TrustedProxies proxies_;
  std::optional<GrpcReflection> reflection_;
  metrics::Gauge& open_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;

  absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_set<GrpcCall*> calls_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::unique_ptr<GrpcFront>> GrpcFront::Start(const GrpcConfig& config,
                                                            const Deps& deps) {
  KEFU_ASSIGN_OR_RETURN(TrustedProxies proxies, TrustedProxies::Parse(config.trusted_proxies));
  auto impl = std::make_unique<Impl>(config, deps, std::move(proxies));
  KEFU_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<GrpcFront>(new GrpcFront(std::move(impl)));
}

GrpcFront::GrpcFront(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcFront::~GrpcFront() { Stop(); }
const std::string& GrpcFront::address() const { return impl_->address(); }
void GrpcFront::Drain(int64_t bound_ms) { impl_->Drain(bound_ms); }
void GrpcFront::Stop() { impl_->Stop(); }

}  // namespace kefu::gateway
