// What cluster_benchmark.py needs to be quick: a controller without memory or decisions to compare
// with, a watcher with a clock, and many writes at once.
//
//   cluster_bare ADDRESS PORT CA_FILE TOKEN_FILE COMMAND …
//     react NAMESPACE                    PATCHes the Deployment of each ConfigMap that is changed
//     measure PAUSE_MS FIRST COUNT NAMESPACE…   writes ConfigMaps, in turn in each namespace, and
//                                        prints NAMESPACE and MILLISECONDS from each answer until
//                                        the template of the Deployment of that name has changed
//     patch NAMESPACE COUNT THREADS      PATCHes as many Deployments; prints the seconds
//     fill NAMESPACE KIND COUNT BYTES THREADS   creates configmaps or secrets
//     storm NAMESPACE SECRET RATE SECONDS       rewrites a Secret; prints how often
//
// Objects of a namespace are called w-0, w-1 and so on.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <httplib.h>
#include <simdjson.h>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* kConfigMaps = "configmaps";
constexpr const char* kHash = "benchmark/hash";

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "cluster_bare: %s\n", why.c_str());
  std::_Exit(1);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string text(const simdjson::simdjson_result<simdjson::dom::element>& value) {
  return std::string(value.get_string().value());
}

struct Place {
  std::string address;
  int port;
  std::string ca_file;
  std::string token;
};

std::unique_ptr<httplib::SSLClient> connect(const Place& place) {
  auto client = std::make_unique<httplib::SSLClient>(place.address, place.port);
  client->set_ca_cert_path(place.ca_file.c_str());
  client->set_bearer_token_auth(place.token.c_str());
  client->set_keep_alive(true);
  client->set_tcp_nodelay(true);
  client->set_read_timeout(600);
  return client;
}

std::string collection(const std::string& namespace_name, const std::string& resource) {
  const std::string group = resource == "deployments" ? "/apis/apps/v1" : "/api/v1";
  return group + "/namespaces/" + namespace_name + "/" + resource;
}

void expect_success(const httplib::Result& result, const std::string& what) {
  if (!result) fail(what + ": " + httplib::to_string(result.error()));
  if (result->status >= 300) fail(what + ": " + std::to_string(result->status) + result->body);
}

std::string list_version(httplib::SSLClient& client, const std::string& path) {
  const auto result = client.Get((path + "?limit=1").c_str());
  expect_success(result, "list " + path);
  simdjson::dom::parser parser;
  return text(parser.parse(result->body)["metadata"]["resourceVersion"]);
}

// For ever, or until the server is gone.
void watch(const Place& place, const std::string& path,
           const std::function<void(const simdjson::dom::element&)>& modified) {
  const auto client = connect(place);
  const std::string from = list_version(*client, path);
  simdjson::dom::parser parser;
  std::string line;
  client->Get((path + "?watch=true&resourceVersion=" + from).c_str(),
              [&](const char* data, std::size_t size) {
                for (std::size_t i = 0; i < size; ++i) {
                  if (data[i] != '\n') {
                    line += data[i];
                    continue;
                  }
                  const simdjson::dom::element event = parser.parse(line);
                  if (text(event["type"]) == "MODIFIED") modified(event["object"]);
                  line.clear();
                }
                return true;
              });
}

void patch(httplib::SSLClient& client, const std::string& namespace_name, const std::string& name,
           const std::string& value) {
  const std::string body =
      R"([{"op":"add","path":"/spec/template/metadata/annotations","value":{")" +
      std::string(kHash) + R"(":")" + value + R"("}}])";
  expect_success(client.Patch((collection(namespace_name, "deployments") + "/" + name).c_str(),
                              body, "application/json-patch+json"),
                 "patch " + name);
}

void react(const Place& place, const std::string& namespace_name) {
  const auto client = connect(place);
  list_version(*client, collection(namespace_name, "deployments"));  // it is connected
  std::puts("ready");
  std::fflush(stdout);
  watch(place, collection(namespace_name, kConfigMaps), [&](const simdjson::dom::element& object) {
    const auto metadata = object["metadata"];
    patch(*client, namespace_name, text(metadata["name"]), text(metadata["resourceVersion"]));
  });
}

// When the template of which Deployment was seen changed first.
class Changes {
 public:
  void saw(const std::string& name, Clock::time_point at) {
    const std::lock_guard lock(mutex_);
    at_.emplace(name, at);
    changed_.notify_all();
  }
  Clock::time_point wait(const std::string& name) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(30), [&] { return at_.count(name) > 0; })) {
      fail(name + " was not changed within 30 s");
    }
    return at_[name];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Clock::time_point> at_;
};

void measure(const Place& place, const std::vector<std::string>& arguments) {
  const milliseconds pause(std::stoi(arguments.at(0)));
  const int first = std::stoi(arguments.at(1));
  const int count = std::stoi(arguments.at(2));
  const std::vector<std::string> namespaces(arguments.begin() + 3, arguments.end());
  Changes changes;
  for (const std::string& namespace_name : namespaces) {
    std::thread([&changes, &place, namespace_name] {
      watch(place, collection(namespace_name, "deployments"),
            [&](const simdjson::dom::element& object) {
              const auto now = Clock::now();
              const auto annotations = object.at_pointer("/spec/template/metadata/annotations");
              if (annotations.error() != simdjson::SUCCESS) return;
              changes.saw(namespace_name + "/" + text(object["metadata"]["name"]), now);
            });
    }).detach();
  }
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const auto client = connect(place);
  for (int number = first; number < first + count; ++number) {
    for (const std::string& namespace_name : namespaces) {
      const std::string name = "w-" + std::to_string(number);
      std::this_thread::sleep_for(pause);
      expect_success(client->Patch((collection(namespace_name, kConfigMaps) + "/" + name).c_str(),
                                   R"({"data":{"key":"changed"}})", "application/merge-patch+json"),
                     "write " + name);
      const auto answered = Clock::now();
      const std::chrono::duration<double, std::milli> took =
          changes.wait(namespace_name + "/" + name) - answered;
      std::printf("%s %.4f\n", namespace_name.c_str(), took.count());
    }
  }
  std::fflush(stdout);
  std::_Exit(0);  // the watches have no end of their own
}

void in_threads(const Place& place, int count, int threads,
                const std::function<void(httplib::SSLClient&, int)>& work) {
  std::vector<std::unique_ptr<httplib::SSLClient>> clients;
  for (int i = 0; i < threads; ++i) {
    clients.push_back(connect(place));
    expect_success(clients.back()->Get("/version"), "version");
  }
  std::atomic<int> next = 0;
  const auto begin = Clock::now();
  std::vector<std::thread> workers;
  for (const auto& client : clients) {
    workers.emplace_back([&] {
      for (int number = next++; number < count; number = next++) work(*client, number);
    });
  }
  for (std::thread& worker : workers) worker.join();
  std::printf("%.4f\n", std::chrono::duration<double>(Clock::now() - begin).count());
}

void fill(const Place& place, const std::vector<std::string>& arguments) {
  const bool secrets = arguments.at(1) == "secrets";
  const std::string path = collection(arguments.at(0), arguments.at(1));
  // Of letters and digits, which is base64 too.
  const std::string value(static_cast<std::size_t>(std::stoi(arguments.at(3))) / 4 * 4, 'x');
  in_threads(place, std::stoi(arguments.at(2)), std::stoi(arguments.at(4)),
             [&](httplib::SSLClient& client, int number) {
               const std::string name = "w-" + std::to_string(number);
               expect_success(client.Post(path.c_str(),
                                          R"({"apiVersion":"v1","kind":")" +
                                              std::string(secrets ? "Secret" : "ConfigMap") +
                                              R"(","metadata":{"name":")" + name +
                                              R"("},"data":{"key":")" + value + R"("}})",
                                          "application/json"),
                              "create " + name);
             });
}

void storm(const Place& place, const std::vector<std::string>& arguments) {
  const std::string path = collection(arguments.at(0), "secrets") + "/" + arguments.at(1);
  const auto pause = std::chrono::nanoseconds(1'000'000'000 / std::stoi(arguments.at(2)));
  const auto client = connect(place);
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::seconds(std::stoi(arguments.at(3)));
  int written = 0;
  while (Clock::now() < end) {
    std::this_thread::sleep_until(begin + written * pause);
    expect_success(client->Patch(path.c_str(),
                                 R"({"stringData":{"key":")" + std::to_string(++written) + "\"}}",
                                 "application/merge-patch+json"),
                   "write the Secret");
  }
  std::printf("%d\n", written);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> all(argv + 1, argv + argc);
  if (all.size() < 6) fail("ADDRESS PORT CA_FILE TOKEN_FILE COMMAND …");
  const Place place{all[0], std::stoi(all[1]), all[2], content_of(all[3])};
  const std::string& command = all[4];
  const std::vector<std::string> rest(all.begin() + 5, all.end());
  if (command == "react") {
    react(place, rest.at(0));
  } else if (command == "measure") {
    measure(place, rest);
  } else if (command == "patch") {
    in_threads(place, std::stoi(rest.at(1)), std::stoi(rest.at(2)),
               [&](httplib::SSLClient& client, int number) {
                 patch(client, rest.at(0), "w-" + std::to_string(number), "changed");
               });
  } else if (command == "fill") {
    fill(place, rest);
  } else if (command == "storm") {
    storm(place, rest);
  } else {
    fail("there is no command " + command);
  }
  return 0;
}
