#include "controller/commands/api_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <regex>
#include <sstream>
#include <utility>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "base/percent_encoding.h"
#include "controller/configuration/nearest.h"

namespace ebbgate::commands {

namespace {

using nlohmann::json;

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

}  // namespace

class ApiClient::Connection {
 public:
  std::unique_ptr<httplib::Client> client;
  std::string where;        // for people; without a password
  std::string prefix;       // of paths
  Answer broken;            // its error, if any, is that of every request
  std::string unreachable;  // what to do when nothing answers
};

ApiClient::ApiClient(std::unique_ptr<Connection> connection, const Patience& patience)
    : connection_(std::move(connection)) {
  if (!connection_->client) return;
  connection_->client->set_connection_timeout(patience.connect);
  connection_->client->set_read_timeout(patience.answer);
  connection_->client->set_write_timeout(patience.answer);
}

ApiClient::ApiClient(ApiClient&&) noexcept = default;
ApiClient::~ApiClient() = default;

ApiClient ApiClient::at_url(const std::string& url, const Patience& patience) {
  auto connection = std::make_unique<Connection>();
  static const std::regex kUrl(
      R"((https?://)(?:([^@/:]*)(?::([^@/]*))?@)?(\[[0-9a-fA-F:.]+\](?::\d{1,5})?|[^@/:?#\[\]]+(?::\d{1,5})?)((?:/[^?#]*)?))");
  std::smatch parts;
  if (!std::regex_match(url, parts, kUrl)) {
    connection->broken =
        failure("that is no URL of ebbgate: write http://HOST:PORT, such as http://127.0.0.1:9911",
                kWrongUsage);
    return ApiClient(std::move(connection));
  }
  const std::string origin = parts[1].str() + parts[4].str();
  connection->prefix = parts[5];
  while (connection->prefix.ends_with('/')) connection->prefix.pop_back();
  connection->where = origin + connection->prefix;
  connection->unreachable =
      "is `ebbgate run` running, and is that its `listen` address? (set --url)";
  connection->client = std::make_unique<httplib::Client>(origin);
  if (parts[2].matched) {
    connection->client->set_basic_auth(percent_decode(parts[2].str()).value_or(""),
                                       percent_decode(parts[3].str()).value_or(""));
  }
  return ApiClient(std::move(connection), patience);
}

ApiClient ApiClient::at_admin_socket(const std::string& path) {
  auto connection = std::make_unique<Connection>();
  connection->where = "the admin socket " + path;
  if (path.empty()) {
    connection->broken = failure(
        "the admin socket is off: set `admin_socket` in the configuration to a path, or remove it "
        "there, send ebbgate SIGHUP, and try again");
  } else if (::access(path.c_str(), F_OK) != 0) {
    connection->broken =
        failure("there is no admin socket " + path +
                ": is `ebbgate run` running, with `admin_socket` set to that path?");
  } else if (::access(path.c_str(), W_OK) != 0) {
    connection->broken = failure("you may not use the admin socket " + path +
                                 ": run this as the user that ebbgate runs as");
  } else {
    connection->unreachable = "is `ebbgate run` still running?";
    connection->client = std::make_unique<httplib::Client>(path);
    connection->client->set_address_family(AF_UNIX);
    // The library would take the path for the Host header.
    connection->client->set_default_headers({{"Host", "localhost"}});
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
  if (!connection_->client) return connection_->broken;
  httplib::Request request;
  request.method = method;
  request.path = connection_->prefix + path;
  if (request.method == "POST") request.set_header("Content-Length", "0");
  const httplib::Result result = connection_->client->send(request);
  if (!result) {
    return failure("no answer from " + connection_->where + " (" +
                   httplib::to_string(result.error()) + "): " + connection_->unreachable);
  }
  Answer answer{result->status, result->body, "", kFine};
  if (answer.status >= 200 && answer.status < 300) return answer;
  answer.exit_code = kFailed;
  const json said = json::parse(answer.body, nullptr, false);
  if (said.is_object() && said.contains("error") && said["error"].is_string()) {
    answer.error = said["error"];
  } else {
    answer.error = stranger() + ": status " + std::to_string(answer.status) +
                   "; set --url to ebbgate's `listen` address";
  }
  return answer;
}

Answer ApiClient::all_workloads(json& items, const WorkloadFilter& filter) {
  items = json::array();
  const auto query = [](const char* name, const std::string& value) {
    return value.empty() ? std::string() : name + percent_encode(value) + "&";
  };
  const std::string path = "/api/v1/workloads?" + query("namespace=", filter.namespace_name) +
                           query("state=", filter.state) + "limit=1000";
  std::optional<WorkloadKey> next;
  while (true) {
    Answer answer = get(next ? path + "&after=" + percent_encode(next->text()) : path);
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
    return failure(stranger() + "; set --url to ebbgate's `listen` address");
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

std::string ApiClient::stranger() const {
  return "what answers at " + connection_->where + " is not ebbgate";
}

Answer ApiClient::items_of(Answer answer, json& page) const {
  page = json::parse(answer.body, nullptr, false);
  if (page.is_object() && page.contains("items") && page["items"].is_array()) return answer;
  return failure(stranger() + "; set --url to ebbgate's `listen` address");
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
  static const std::regex kUserInfo(R"(^(https?://)[^/@]*@)");
  return std::regex_replace(url, kUserInfo, "$1");
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
