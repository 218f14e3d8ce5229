// A blocking HTTP client that says exactly what it is told to, right or wrong.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kefu::gateway {

struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // without chunk framing
};

// Every read gives up after 5 s.
class RawClient {
 public:
  // "127.0.0.1:1234"
  explicit RawClient(const std::string& address);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False if the server has closed.
  bool Send(std::string_view bytes);
  // One whole response; nothing if the connection ends before. `to_head`: there is no body.
  std::optional<RawResponse> Receive(bool to_head = false);
  // Status line and headers only, e.g. of a stream.
  std::optional<RawResponse> ReceiveHead();
  // The next chunk of a chunked body; empty at its end, nothing if the connection ended.
  std::optional<std::string> ReceiveChunk();
  // The server has closed, and nothing was left to read.
  bool ReceivesEnd();
  // Something can be read within the time.
  bool Readable(int within_ms);
  void CloseSending();

 private:
  bool Fill();
  std::optional<std::string> Line();
  std::optional<std::string> Exactly(size_t size);

  int fd_ = -1;
  std::string unread_;
};

// A POST of the API.
std::string Post(const std::string& method, const std::string& body,
                 const std::string& headers = "",
                 const std::string& content_type = "application/json");

struct Envelope {
  uint8_t flags = 0;
  std::string message;
};
std::vector<Envelope> SplitEnvelopes(std::string_view bytes);

}  // namespace kefu::gateway
