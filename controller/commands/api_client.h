#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

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

/// How long a request may take.
struct Patience final {
  std::chrono::milliseconds connect = std::chrono::seconds(3);
  std::chrono::milliseconds answer = std::chrono::seconds(10);
};

/// Shorter than usual, so that a watch soon says when nothing answers.
inline constexpr Patience kPatienceOfWatches{std::chrono::milliseconds(1500),
                                             std::chrono::milliseconds(3000)};
/// Of somebody who pressed Tab.
inline constexpr Patience kPatienceOfShells{std::chrono::milliseconds(500),
                                            std::chrono::milliseconds(1000)};

/// Which workloads of a list; empty: all.
struct WorkloadFilter final {
  std::string namespace_name;
  std::string state;
};

/// Speaks to a running Ebbgate. One thread at a time; every call ends within seconds.
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
  /// Takes a list apart; where it is none, that is the error.
  Answer items_of(Answer answer, nlohmann::json& page) const;
  std::string stranger() const;

  std::unique_ptr<Connection> connection_;
};

/// A URL as it may be shown.
std::string without_password(const std::string& url);

/// An answer that is no JSON of this version's.
Answer not_understood();

/// The path of a workload in the API.
std::string path_of(const WorkloadKey& key);

}  // namespace ebbgate::commands
