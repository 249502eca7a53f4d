#pragma once

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "base/text.h"
#include "metrics/api.h"
#include "metrics/http_server.h"
#include "tests/unit/metrics/fake_feedback.h"
#include "tests/unit/metrics/fake_source.h"

namespace ebbgate::commands::test {

struct FixedClock final : Clock {
  WallTime wall = *parse_time("2026-12-24T18:00:00.000Z");
  BootTime boot{std::chrono::hours(1)};
  Instant now() const override { return {boot, wall}; }
};

/// A running Ebbgate with a fake controller, on a free port and an admin socket.
class Running {
 public:
  metrics::test::FakeSource source;
  metrics::test::FakeFeedback feedback;
  FixedClock clock;
  std::ostringstream out;
  std::ostringstream err;

  Running() {
    std::string name = (std::filesystem::temp_directory_path() / "ebbgate-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    auto tcp = metrics::Listener::tcp("127.0.0.1:0");
    REQUIRE_MESSAGE(tcp.listener, tcp.error);
    server_ = serve(std::move(tcp.listener), metrics::Access::read_only);
    auto admin = metrics::Listener::unix_socket(admin_socket());
    REQUIRE_MESSAGE(admin.listener, admin.error);
    admin_ = serve(std::move(admin.listener), metrics::Access::admin);
  }
  ~Running() {
    admin_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string url() const { return "http://" + server_->address(); }
  std::string folder() const { return folder_; }
  std::string admin_socket() const { return folder_ + "/admin.sock"; }
  /// Ends what listens.
  void stop() {
    server_.reset();
    admin_.reset();
  }

 private:
  std::unique_ptr<metrics::HttpServer> serve(std::unique_ptr<metrics::Listener> listener,
                                             metrics::Access access) {
    return std::make_unique<metrics::HttpServer>(
        std::move(listener), metrics::api_handler(
                                 source, feedback, [] { return std::string(); }, clock, access));
  }

  std::string folder_;
  std::unique_ptr<metrics::HttpServer> server_;
  std::unique_ptr<metrics::HttpServer> admin_;
};

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The same, wherever lines and words were broken.
inline bool tells(std::string text, std::string part) {
  for (std::string* each : {&text, &part}) {
    std::erase_if(*each, [](char c) { return c == ' ' || c == '\n'; });
  }
  return holds(text, part);
}

}  // namespace ebbgate::commands::test
