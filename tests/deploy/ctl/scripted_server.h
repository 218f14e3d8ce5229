// An HTTP server for one test: takes connections one after the other on 127.0.0.1, remembers the
// requests and answers each as scripted. What it cannot answer any more it closes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace kefu::test {

class ScriptedServer {
 public:
  // Each answer is sent whole, byte for byte. An empty one closes the connection instead, after the
  // request was read.
  explicit ScriptedServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 8) != 0)
      std::abort();
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Head and body of what came.
  std::vector<std::string> requests() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return requests_;
  }

  int connections() const { return connections_; }

  static std::string Answer(int status, std::string_view content_type, std::string_view body) {
    return "HTTP/1.1 " + std::to_string(status) +
           " x\r\nContent-Type: " + std::string(content_type) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

 private:
  void Serve() {
    while (true) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      ++connections_;
      while (AnswerOne(connection)) {
      }
      ::close(connection);
    }
  }

  bool AnswerOne(int connection) {
    std::string request;
    char buffer[4096];
    while (!Whole(request)) {
      const ssize_t got = ::recv(connection, buffer, sizeof(buffer), 0);
      if (got <= 0) return false;
      request.append(buffer, static_cast<size_t>(got));
    }
    std::string answer;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      requests_.push_back(request);
      if (requests_.size() <= answers_.size()) answer = answers_[requests_.size() - 1];
    }
    if (answer.empty()) return false;
    const bool last = answer.find("Connection: close") != std::string::npos;
    const ssize_t sent = ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
    return sent == static_cast<ssize_t>(answer.size()) && !last;
  }

  static bool Whole(const std::string& request) {
    const size_t end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const size_t length = request.find("Content-Length: ");
    const size_t body = length < end ? std::strtoul(request.c_str() + length + 16, nullptr, 10) : 0;
    return request.size() >= end + 4 + body;
  }

  const std::vector<std::string> answers_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace kefu::test
