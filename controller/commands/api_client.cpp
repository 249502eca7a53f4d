#include "controller/commands/api_client.h"

#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <variant>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "base/percent_encoding.h"
#include "base/text.h"
#include "base/unicode.h"
#include "controller/commands/api_address.h"
#include "controller/configuration/nearest.h"

#include "net/http_transport.h"

namespace ebbgate::commands {

namespace {

using nlohmann::json;
using Exchange = net::HttpTransport::Exchange;

constexpr std::size_t kSuggestions = 3;
constexpr int kNotFound = 404;
constexpr int kUnavailable = 503;

Answer failure(std::string error, int exit_code = kFailed) {
  return {0, "", std::move(error), exit_code};
}

std::optional<WorkloadKey> key_of(const json& item) {
  try {
    return WorkloadKey{item.at("namespace"), item.at("kind"), item.at("name")};
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

// A TLS session writes without MSG_NOSIGNAL: where the other side has closed the connection, that
// is an error and not the end of the process.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec at_once{};
    while (sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

bool is_json(const std::string& content_type) {
  constexpr std::string_view kJson = "application/json";
  // Where it is not said, what comes shows it.
  return content_type.empty() || content_type.starts_with(kJson);
}

bool is_socket(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// A word of an answer, for a message.
std::string told(const std::string& text) {
  constexpr std::size_t kTold = 60;
  return first_bytes(printable(text), kTold);
}

}  // namespace

class ApiClient::Connection {
 public:
  net::Waiter waiter;
  std::optional<net::Endpoint> endpoint;
  std::shared_ptr<const net::Tls> tls;
  httplib::Headers headers;
  Patience patience;
  std::string where;        // for people; without a password
  std::string prefix;       // of paths
  Answer broken;            // its error, if any, is that of every request
  std::string unreachable;  // what to do when nothing answers
  std::string elsewhere;    // what to do when something else answers

  // That what answers is no Ebbgate, as `why` shows.
  Answer stranger(const std::string& why) const {
    return failure("what answers at " + where + " is not ebbgate: " + why + "; " + elsewhere);
  }

  Answer failed(const Exchange& exchange) const {
    const net::Failure& why = exchange.failure;
    if (why.kind == net::Failure::Kind::too_long) {
      return stranger("its answer is longer than may be");
    }
    if (why.kind == net::Failure::Kind::untrusted) {
      return failure("no connection to " + where + " that can be trusted (" + why.text +
                     "): its certificate must be valid for that name, and signed by an authority "
                     "that this host knows");
    }
    if (why.kind == net::Failure::Kind::not_http) return stranger(why.text);
    if (why.kind == net::Failure::Kind::tls_expected) {
      return failure("what answers at " + where +
                     " speaks TLS: where that is ebbgate, write https:// in its URL; otherwise " +
                     elsewhere);
    }
    if (why.kind == net::Failure::Kind::not_tls) {
      return failure(
          "what listens at " + where +
          " does not speak TLS: where that is ebbgate, write http:// in its URL; otherwise " +
          elsewhere);
    }
    if (exchange.end == Exchange::End::not_sent) {
      return failure("no answer from " + where + " (" + why.text + "): " + unreachable);
    }
    if (why.kind == net::Failure::Kind::late) {
      return failure("no whole answer from " + where + " within " +
                     format_duration(patience.answer) +
                     ": where that is ebbgate, see whether its host is overloaded or its process "
                     "stopped; otherwise " +
                     elsewhere);
    }
    return failure("the answer from " + where + " broke off (" + why.text +
                   "): try again; if that goes on, see ebbgate's log, or " + elsewhere);
  }
};

ApiClient::ApiClient(std::unique_ptr<Connection> connection, const Patience& patience)
    : connection_(std::move(connection)) {
  connection_->patience = patience;
}

ApiClient::ApiClient(ApiClient&&) noexcept = default;
ApiClient::~ApiClient() = default;

ApiClient ApiClient::at_url(const std::string& url, const Patience& patience) {
  auto connection = std::make_unique<Connection>();
  const auto address = parse_api_address(url);
  if (!address) {
    connection->broken =
        failure("that is no URL of ebbgate: write http://HOST:PORT, such as http://127.0.0.1:9911",
                kWrongUsage);
    return ApiClient(std::move(connection));
  }
  connection->prefix = address->prefix;
  connection->where = address->text();
  connection->unreachable =
      "is `ebbgate run` running, and is that its `listen` address? (set --url)";
  connection->elsewhere = "set --url to ebbgate's `listen` address";
  connection->headers.emplace("Host", address->authority);
  if (address->has_user) {
    connection->headers.insert(
        httplib::make_basic_authentication_header(address->user, address->password));
  }
  if (address->secure) {
    auto made = net::Tls::make({"", address->host, false, {}, {}});
    if (const auto* error = std::get_if<std::string>(&made)) {
      connection->broken = failure("no TLS for " + connection->where + ": " + *error +
                                   "; see that OpenSSL works here, or use http");
      return ApiClient(std::move(connection));
    }
    connection->tls = std::get<std::shared_ptr<const net::Tls>>(made);
  }
  connection->endpoint = net::Endpoint{address->host, address->port};
  return ApiClient(std::move(connection), patience);
}

ApiClient ApiClient::at_admin_socket(const std::string& path) {
  auto connection = std::make_unique<Connection>();
  connection->where = "the admin socket " + path;
  if (path.empty()) {
    connection->broken = failure(
        "the admin socket is off: set `admin_socket` in the configuration to a path, or remove it "
        "there, let ebbgate read it again (kill -HUP PID, or systemctl reload ebbgate), and try "
        "again");
  } else if (::access(path.c_str(), F_OK) != 0) {
    connection->broken =
        failure("there is no admin socket " + path +
                ": is `ebbgate run` running, with `admin_socket` set to that path?");
  } else if (!is_socket(path)) {
    connection->broken = failure(path +
                                 " is no socket: name the admin socket of the running ebbgate with "
                                 "--admin_socket, or its configuration with --config");
  } else if (::access(path.c_str(), W_OK) != 0) {
    connection->broken = failure("you may not use the admin socket " + path +
                                 ": run this as the user that ebbgate runs as");
  } else {
    connection->unreachable = "is `ebbgate run` still running?";
    connection->elsewhere = "set --admin_socket to ebbgate's `admin_socket`";
    connection->headers.emplace("Host", "localhost");
    connection->endpoint = net::Endpoint{"localhost", 0, path};
  }
  return ApiClient(std::move(connection));
}

Answer ApiClient::get(const std::string& path) {
  return request("GET", path);
}

Answer ApiClient::post(const std::string& path) {
  return request("POST", path);
}

Answer ApiClient::request(const char* method, const std::string& path) {
  return request(method, path, BootTime::max());
}

Answer ApiClient::request(const char* method, const std::string& path, BootTime deadline) {
  if (!connection_->endpoint) return connection_->broken;
  const NoPipeSignal no_signal;
  httplib::Request request;
  request.method = method;
  request.path = connection_->prefix + path;
  request.headers = connection_->headers;
  request.set_header("Connection", "close");
  if (request.method == "POST") request.set_header("Content-Length", "0");
  const BootTime until = std::min(deadline, BootClock::now() + connection_->patience.answer);
  // A connection of its own, as one that was kept may be closed just while it is used.
  net::HttpTransport transport(*connection_->endpoint, connection_->tls, connection_->waiter);
  const Exchange exchange = transport.exchange(request, nullptr, until, nullptr, {});
  if (exchange.end != Exchange::End::whole) return connection_->failed(exchange);
  const httplib::Response& response = exchange.response;
  Answer answer{response.status, response.body, "", kFine};
  if (answer.status >= 200 && answer.status < 300) {
    const std::string type = response.get_header_value("Content-Type");
    if (!path.starts_with("/api/") || is_json(type)) return answer;
    return connection_->stranger("it sent " + told(type) + ", and no JSON");
  }
  const json said = json::parse(answer.body, nullptr, false);
  if (said.is_object() && said.contains("error") && said["error"].is_string()) {
    answer.exit_code = kFailed;
    answer.error = said["error"];
    return answer;
  }
  Answer failed =
      connection_->stranger("it answered with status " + std::to_string(response.status));
  failed.status = response.status;
  failed.body = std::move(answer.body);
  return failed;
}

Answer ApiClient::all_workloads(json& items, const WorkloadFilter& filter) {
  items = json::array();
  const auto query = [](const char* name, const std::string& value) {
    return value.empty() ? std::string() : name + percent_encode(value) + "&";
  };
  const std::string path = "/api/v1/workloads?" + query("namespace=", filter.namespace_name) +
                           query("state=", filter.state) + "limit=1000";
  std::optional<WorkloadKey> next;
  const BootTime deadline = BootClock::now() + connection_->patience.list;
  while (true) {
    Answer answer =
        request("GET", next ? path + "&after=" + percent_encode(next->text()) : path, deadline);
    if (next && BootClock::now() >= deadline) {
      return failure("the list of workloads at " + connection_->where + " did not end within " +
                     format_duration(connection_->patience.list) +
                     ": ask for fewer with --namespace or --state");
    }
    if (answer.status == kNotFound) {
      return failure("there is no list of workloads at " + connection_->where + ": " +
                     connection_->elsewhere + ", without a path behind the port");
    }
    if (!answer.error.empty()) return answer;
    json page;
    answer = items_of(std::move(answer), page);
    if (!answer.error.empty()) return answer;
    for (json& item : page["items"]) items.push_back(std::move(item));
    if (!page.contains("next")) return answer;
    // Each page begins behind the one before, or the pages might never end.
    std::optional<WorkloadKey> behind;
    if (page["next"].is_string()) behind = WorkloadKey::parse(page["next"].get<std::string>());
    if (!behind || (next && *behind <= *next)) return not_understood();
    next = std::move(behind);
  }
}

Answer ApiClient::all_peers(json& items) {
  items = json::array();
  Answer answer = get("/api/v1/feedback");
  if (answer.status == kNotFound) return {answer.status, "", "", kFine};
  if (!answer.error.empty()) return answer;
  json page;
  answer = items_of(std::move(answer), page);
  if (answer.error.empty()) items = std::move(page["items"]);
  return answer;
}

Answer ApiClient::process(json& process) {
  process = nullptr;
  Answer answer = get("/api/v1/process");
  if (answer.status == kNotFound) return {answer.status, "", "", kFine};
  if (!answer.error.empty()) return answer;
  process = json::parse(answer.body, nullptr, false);
  if (!process.is_object()) {
    return connection_->stranger("its answer is no JSON object");
  }
  process["not_ready"] = json::array();
  Answer ready = get("/readyz");
  if (ready.status == 0) return ready;
  std::istringstream lines(ready.status == kUnavailable ? ready.body : "");
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) process["not_ready"].push_back(line);
  }
  return answer;
}

Answer ApiClient::items_of(Answer answer, json& page) const {
  page = json::parse(answer.body, nullptr, false);
  if (page.is_object() && page.contains("items") && page["items"].is_array()) return answer;
  return connection_->stranger("its answer is no list");
}

std::string ApiClient::nearest_to(const WorkloadKey& key) {
  json items;
  all_workloads(items);
  std::vector<std::string> candidates;
  std::vector<std::string> found;
  for (const json& item : items) {
    const auto other = key_of(item);
    if (other) (other->name == key.name ? found : candidates).push_back(other->text());
  }
  while (found.size() < kSuggestions) {
    const std::string near = configuration::nearest(key.text(), candidates);
    if (near.empty()) break;
    found.push_back(near);
    std::erase(candidates, near);
  }
  found.resize(std::min(found.size(), kSuggestions));
  if (found.empty()) return "; `ebbgate status` lists all workloads";
  return "; did you mean " + configuration::any_of(found) + "?";
}

std::string without_password(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(url.find('/', begin), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  return at == std::string::npos || at < begin ? url : url.substr(0, begin) + url.substr(at + 1);
}

Answer not_understood() {
  return failure(
      "the answer does not look like this version's: is the running ebbgate another one?");
}

std::string path_of(const WorkloadKey& key) {
  return "/api/v1/workloads/" + percent_encode(key.namespace_name) + "/" +
         percent_encode(key.kind) + "/" + percent_encode(key.name);
}

}  // namespace ebbgate::commands
