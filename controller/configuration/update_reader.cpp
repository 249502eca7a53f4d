#include "controller/configuration/update_reader.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "controller/configuration/addresses.h"
#include "controller/configuration/nearest.h"
#include "controller/configuration/paths.h"
#include "controller/configuration/utf8.h"

namespace ebbgate::configuration {

namespace {

bool is_header_name(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const auto fits = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.find(c) != std::string_view::npos;
  };
  return !name.empty() && std::ranges::all_of(name, fits);
}

Problem read_method(std::string_view text, std::string& value) {
  std::size_t index = 0;
  Problem problem = read_choice(text, {"GET", "POST", "PUT", "PATCH", "DELETE"}, index);
  if (!problem) value = text;
  return problem;
}

bool is_for_a_shell(std::string_view argument) {
  constexpr std::array<std::string_view, 9> kSigns{"&&", "||", "|",    ";", "&",
                                                   ">",  ">>", "2>&1", "<"};
  return std::ranges::find(kSigns, argument) != kSigns.end();
}

}  // namespace

LocalUpdate UpdateReader::read_update(const Entry& entry, int line, const std::string& path) const {
  LocalUpdate update;
  if (!entry || entry.node->kind == Node::Kind::nothing) {
    problems_.in_file(entry ? entry.line : line, path,
                      "is missing; write one of exec, http or signal");
    return update;
  }
  const MapReader map(entry, path, {"exec", "http", "signal", "timeout"}, problems_);
  if (entry.node->kind != Node::Kind::map) return update;
  check_one_of(map, {"exec", "http", "signal"}, path);
  if (map.find("exec")) update.exec = read_command(map);
  if (map.find("http")) update.http = read_request(map);
  if (map.find("signal")) update.signal = read_signal_update(map);
  map.read("timeout", read_positive_duration, update.timeout);
  return update;
}

LocalReadiness UpdateReader::read_readiness(const Entry& entry, const std::string& path) const {
  LocalReadiness ready;
  const MapReader map(entry, path, {"exec", "http", "interval", "timeout"}, problems_);
  if (entry.node->kind != Node::Kind::map) return ready;
  check_one_of(map, {"exec", "http"}, path);
  if (map.find("exec")) ready.exec = read_command(map);
  if (map.find("http")) {
    ready.http.emplace().method = "GET";
    map.read("http", read_bare_url, ready.http->url);
  }
  map.read("interval", read_positive_duration, ready.interval);
  map.read("timeout", read_positive_duration, ready.timeout);
  if (ready.timeout < ready.interval) {
    const std::string key = map.find("timeout") ? "timeout" : "interval";
    map.problem(key, "timeout (" + format_duration(ready.timeout) +
                         ") must not be less than interval (" + format_duration(ready.interval) +
                         "), after which the first probe comes; change one of them");
  }
  return ready;
}

void UpdateReader::check_one_of(const MapReader& map, const std::vector<std::string>& ways,
                                const std::string& path) const {
  std::vector<std::string> given;
  for (const std::string& way : ways) {
    if (map.find(way)) given.push_back(way);
  }
  if (given.size() == 1) return;
  const std::string message = given.empty() ? "has none of " + any_of(ways) + "; write one of them"
                                            : "has " + all_of(given) + "; keep one of them";
  problems_.in_file(map.line(), path, message);
}

std::vector<std::string> UpdateReader::read_command(const MapReader& map) const {
  const Entry entry = map.find("exec");
  const std::string path = map.path_of("exec");
  std::vector<std::string> command;
  const auto& items = MapReader::list(entry, path, problems_);
  if (items.empty() &&
      (entry.node->kind == Node::Kind::list || entry.node->kind == Node::Kind::nothing)) {
    map.problem("exec",
                "is empty; write the program and its arguments, such as [nginx, -s, reload]");
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string item = item_path(path, i);
    if (items[i]->kind == Node::Kind::nothing) {
      problems_.in_file(items[i]->line, item, "has no value; put text in quotes, such as \"\"");
      continue;
    }
    const std::string* text = MapReader::scalar({items[i], items[i]->line}, item, problems_);
    if (text == nullptr) continue;
    // An argument may be a secret: messages do not repeat it.
    if (i == 0 && text->empty()) {
      problems_.in_file(items[i]->line, item, "is empty; name the program to run");
    } else if (text->find('\0') != std::string::npos) {
      problems_.in_file(items[i]->line, item, "has a NUL character; remove it");
    }
    if (i == 0 && !text->empty()) {
      paths_.push_back({NamedPath::Kind::program, problems_.at_line(items[i]->line, item), *text});
    }
    if (i > 0 && is_for_a_shell(*text)) {
      warnings_.push_back(problems_.at_line(items[i]->line, item) + ": " + *text +
                          " is given to the program as it is, for there is no shell; where one is "
                          "meant, write [sh, -c, \"…\"]");
    }
    command.push_back(*text);
  }
  return command;
}

HttpRequest UpdateReader::read_request(const MapReader& parent) const {
  HttpRequest request;
  const Entry entry = parent.find("http");
  const MapReader map(entry, parent.path_of("http"), {"method", "url", "headers"}, problems_);
  map.read("method", read_method, request.method);
  const bool is_map = entry.node->kind == Node::Kind::map;
  if (!map.find("url") && (is_map || entry.node->kind == Node::Kind::nothing)) {
    map.problem("url", "is missing; write one such as http://127.0.0.1:8080/reload");
  }
  map.read("url", read_bare_url, request.url);
  if (map.find("headers")) read_headers(map, request);
  return request;
}

void UpdateReader::read_headers(const MapReader& map, HttpRequest& request) const {
  const MapReader headers(map.find("headers"), map.path_of("headers"), {}, problems_);
  for (const auto& [name, entry] : headers.entries()) {
    if (!is_header_name(name)) {
      problems_.in_file(entry.line, headers.path_of(in_quotes(name)),
                        "is no name of a header; write one such as Content-Type");
      continue;
    }
    const std::string* value = MapReader::scalar(entry, headers.path_of(name), problems_);
    if (value == nullptr) continue;
    if (has_control_character(*value)) {
      headers.problem(name, "has a control character; write the value in one line");
    }
    request.headers.emplace_back(name, *value);
  }
}

SignalUpdate UpdateReader::read_signal_update(const MapReader& parent) const {
  SignalUpdate signal;
  const Entry entry = parent.find("signal");
  const MapReader map(entry, parent.path_of("signal"), {"pid_file", "signal", "allow_pid_1"},
                      problems_);
  if (entry.node->kind != Node::Kind::map && entry.node->kind != Node::Kind::nothing) return signal;
  if (!map.find("pid_file"))
    map.problem("pid_file", "is missing; name the file that holds the pid");
  if (map.read("pid_file", read_path, signal.pid_file)) {
    signal.pid_file = resolved(folder_, signal.pid_file);
  }
  if (!map.find("signal")) map.problem("signal", "is missing; write a signal's name, such as HUP");
  map.read("signal", read_signal, signal.signal);
  map.read("allow_pid_1", read_switch, signal.allow_pid_1);
  return signal;
}

}  // namespace ebbgate::configuration
