#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "base/workload_key.h"

namespace ebbgate::commands {

inline constexpr int kFine = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

/// An answer of the API, or why there is none.
struct Answer {
  int status = 0;     ///< 0: no answer
  std::string body;   ///< JSON
  std::string error;  ///< without a 2xx: what is wrong and what to do
  int exit_code = kFine;
};

/// How long things may take altogether, from looking a name up to the last byte.
struct Patience final {
  Duration answer = std::chrono::seconds(10);  ///< to one request
  Duration list = std::chrono::minutes(1);     ///< all pages of a list
};

/// Shorter than usual, so that a watch soon says when nothing answers.
inline constexpr Patience kPatienceOfWatches{std::chrono::seconds(3), std::chrono::seconds(10)};
/// Of somebody who pressed Tab.
inline constexpr Patience kPatienceOfShells{std::chrono::seconds(1), std::chrono::seconds(2)};

/// Which workloads of a list; empty: all.
struct WorkloadFilter final {
  std::string namespace_name;
  std::string state;
};

/// Speaks to a running Ebbgate, or to whatever answers in its place: what is read is bounded in
/// size and time. Every error says what is wrong, where, and what to do. One thread at a time.
class ApiClient final {
 public:
  /// `url` is http(s)://HOST[:PORT][/PREFIX]. A wrong one is the error of every answer.
  static ApiClient at_url(const std::string& url, const Patience& patience = {});
  /// Over the admin socket; an empty path: it is off, and that is the error of every answer.
  static ApiClient at_admin_socket(const std::string& path);
  ApiClient(ApiClient&&) noexcept;
  ~ApiClient();

  Answer get(const std::string& path);
  Answer post(const std::string& path);

  /// Gets every page of a list; the items alone.
  Answer all_workloads(nlohmann::json& items, const WorkloadFilter& filter = {});

  /// Gets what is said of feedback's peers; none from an Ebbgate that knows of no feedback.
  Answer all_peers(nlohmann::json& items);

  /// Gets what is to be said of the process, and as `not_ready` why its decisions are not to be
  /// trusted now; null from an Ebbgate that tells nothing.
  Answer process(nlohmann::json& process);

  /// The end of a sentence about a workload that is not there: which ones may be meant.
  std::string nearest_to(const WorkloadKey& key);

 private:
  class Connection;
  explicit ApiClient(std::unique_ptr<Connection> connection, const Patience& patience = {});
  Answer request(const char* method, const std::string& path);
  Answer request(const char* method, const std::string& path, BootTime deadline);
  /// Takes a list apart; where it is none, that is the error.
  Answer items_of(Answer answer, nlohmann::json& page) const;

  std::unique_ptr<Connection> connection_;
};

/// A URL as it may be shown.
std::string without_password(const std::string& url);

/// An answer that is no JSON of this version's.
Answer not_understood();

/// The path of a workload in the API.
std::string path_of(const WorkloadKey& key);

}  // namespace ebbgate::commands
