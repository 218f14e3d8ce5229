// The Connect protocol as bytes, without a socket: envelopes of streams, errors in JSON, codes.
// https://connectrpc.com/docs/protocol. Pure; errors are returned.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kefu::ctl {

struct Envelope {
  static constexpr uint8_t kCompressed = 1, kEndOfStream = 2;
  uint8_t flags = 0;
  std::string payload;

  bool end_of_stream() const { return (flags & kEndOfStream) != 0; }
};

// One byte of flags, four of length (big endian), the payload.
std::string EncodeEnvelope(std::string_view payload, uint8_t flags = 0);

// Cuts a stream of bytes into envelopes, however the bytes come.
class EnvelopeDecoder {
 public:
  explicit EnvelopeDecoder(size_t max_payload = 4 << 20) : max_payload_(max_payload) {}

  void Feed(std::string_view bytes);
  // The next whole envelope; nothing if more bytes are needed. INTERNAL if it is compressed (kefu's
  // gateways do not compress) or larger than allowed; the stream is of no use afterwards.
  absl::StatusOr<std::optional<Envelope>> Next();
  // Bytes of an envelope that has not come whole.
  bool mid_envelope() const { return buffer_.size() > begin_; }

 private:
  const size_t max_payload_;
  std::string buffer_;
  size_t begin_ = 0;
};

// UNKNOWN for a name that the protocol does not have.
absl::StatusCode CodeOfConnectName(std::string_view name);
// For answers that are not Connect errors (a proxy's page, say).
absl::StatusCode CodeOfHttpStatus(int http_status);

// For people: code, reason and sentence, without the details that are for programs.
std::string StatusText(const absl::Status& status);

// The body of a unary answer other than 200. Details become part of the status
// (services/common/base/status.h).
absl::Status DecodeConnectError(int http_status, std::string_view body);
// The payload of the last envelope of a stream: OK, or the error in it.
absl::Status DecodeEndOfStream(std::string_view payload);

}  // namespace kefu::ctl
