#include "controller/configuration/effective.h"

#include <algorithm>

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include "base/masking.h"
#include "base/text.h"
#include "controller/configuration/kubernetes_reader.h"
#include "controller/configuration/scalar_settings.h"

namespace ebbgate::configuration {

namespace {

using YAML::BeginMap;
using YAML::BeginSeq;
using YAML::EndMap;
using YAML::EndSeq;
using YAML::Flow;
using YAML::Key;
using YAML::Value;

// Text, quoted: a tab or a word that YAML means something by would not come back as it went.
void write_text(YAML::Emitter& out, const std::string& text) {
  out << YAML::DoubleQuoted << text;
}

void write_list(YAML::Emitter& out, const std::vector<std::string>& items) {
  out << Flow << BeginSeq;
  for (const std::string& item : items) write_text(out, item);
  out << EndSeq;
}

// A number, a word or a duration is written plainly, all else in quotes.
void write_scalar(YAML::Emitter& out, const ScalarSetting& setting, const Settings& settings) {
  out << Key << std::string(setting.name()) << Value;
  const std::string text = setting.write(settings);
  if (setting.free_text) {
    write_text(out, text);
  } else {
    out << text;
  }
}

void write_http(YAML::Emitter& out, const HttpRequest& request) {
  out << BeginMap << Key << "method" << Value << request.method << Key << "url" << Value;
  write_text(out, masked_url(request.url));
  if (!request.headers.empty()) {
    out << Key << "headers" << Value << BeginMap;
    for (const auto& [name, value] : request.headers) {
      out << Key << YAML::DoubleQuoted << name << Value;
      write_text(out, std::string(kMask));
    }
    out << EndMap;
  }
  out << EndMap;
}

void write_update(YAML::Emitter& out, const LocalUpdate& update) {
  out << Key << "update" << Value << BeginMap;
  if (!update.exec.empty()) {
    out << Key << "exec" << Value;
    write_list(out, masked_command(update.exec));
  }
  if (update.http) {
    out << Key << "http" << Value;
    write_http(out, *update.http);
  }
  if (update.signal) {
    out << Key << "signal" << Value << BeginMap << Key << "pid_file" << Value;
    write_text(out, update.signal->pid_file);
    out << Key << "signal" << Value << signal_name(update.signal->signal);
    if (update.signal->allow_pid_1) out << Key << "allow_pid_1" << Value << "true";
    out << EndMap;
  }
  out << Key << "timeout" << Value << format_duration(update.timeout) << EndMap;
}

void write_readiness(YAML::Emitter& out, const LocalReadiness& ready) {
  out << Key << "ready" << Value << BeginMap;
  if (!ready.exec.empty()) {
    out << Key << "exec" << Value;
    write_list(out, masked_command(ready.exec));
  }
  if (ready.http) {
    out << Key << "http" << Value;
    write_text(out, masked_url(ready.http->url));
  }
  out << Key << "interval" << Value << format_duration(ready.interval);
  out << Key << "timeout" << Value << format_duration(ready.timeout) << EndMap;
}

// Those values of a section that are not the global ones.
void write_overrides(YAML::Emitter& out, const std::string& section, const Settings& globals,
                     const LocalWorkload& workload) {
  Settings values = globals;
  values.local.workloads.clear();
  values.backoff = workload.backoff;
  values.settle = workload.settle;
  bool open = false;
  for (const ScalarSetting& setting : scalar_settings()) {
    if (setting.section() != section || setting.write(values) == setting.write(globals)) continue;
    if (!open) out << Key << section << Value << Flow << BeginMap;
    open = true;
    write_scalar(out, setting, values);
  }
  if (open) out << EndMap;
}

std::string hold_text(const governor::Hold& hold) {
  if (hold.held && hold.until) return format_time(*hold.until);
  return hold.held ? "true" : "false";
}

void write_workload(YAML::Emitter& out, const Settings& globals, const LocalWorkload& workload) {
  out << BeginMap << Key << "name" << Value;
  write_text(out, workload.name);
  out << Key << "namespace" << Value;
  write_text(out, workload.namespace_name);
  out << Key << "watch" << Value;
  write_list(out, workload.watch);
  write_update(out, workload.update);
  if (workload.ready) write_readiness(out, *workload.ready);
  out << Key << "on_first_sight" << Value << (workload.adopt_on_first_sight ? "adopt" : "update");
  out << Key << "hold" << Value << hold_text(workload.hold);
  if (workload.max_file_size != globals.local.max_file_size) {
    out << Key << "max_file_size" << Value << size_text(workload.max_file_size);
  }
  write_overrides(out, "backoff", globals, workload);
  write_overrides(out, "settle", globals, workload);
  out << EndMap;
}

void write_local_lists(YAML::Emitter& out, const Settings& settings, const Settings& globals) {
  out << Key << "ignore" << Value;
  write_list(out, settings.local.ignore);
  out << Key << "workloads" << Value;
  if (settings.local.workloads.empty()) out << Flow;
  out << BeginSeq;
  for (const LocalWorkload& workload : settings.local.workloads) {
    write_workload(out, globals, workload);
  }
  out << EndSeq;
}

void write_kubernetes_lists(YAML::Emitter& out, const Settings& settings) {
  out << Key << "namespaces" << Value;
  write_list(out, settings.kubernetes.namespaces);
  out << Key << "honor" << Value;
  write_list(out, honor_words(settings.kubernetes));
}

// A section of scalar settings under another name.
void write_section(YAML::Emitter& out, const std::string& section, const char* key,
                   const Settings& values) {
  out << Key << key << Value << Flow << BeginMap;
  for (const ScalarSetting& setting : scalar_settings()) {
    if (setting.section() == section) write_scalar(out, setting, values);
  }
  out << EndMap;
}

void write_peer(YAML::Emitter& out, const feedback::PeerSettings& peer) {
  out << BeginMap << Key << "name" << Value;
  write_text(out, peer.name);
  out << Key << "socket" << Value;
  write_text(out, peer.socket);
  out << Key << "queue" << Value << peer.queue;
  out << Key << "outcomes" << Value << (peer.outcomes ? "true" : "false");
  out << Key << "timeouts" << Value << Flow << BeginMap;
  out << Key << "dial" << Value << format_duration(peer.dial_timeout);
  out << Key << "write" << Value << format_duration(peer.write_timeout);
  out << Key << "ack" << Value << format_duration(peer.ack_timeout) << EndMap;
  out << Key << "attempts" << Value << peer.attempts;
  out << Key << "max_message" << Value << size_text(peer.max_message);
  out << Key << "require" << Value << Flow << BeginMap << Key << "owner" << Value;
  write_text(out, peer.required_owner);
  out << Key << "mode" << Value;
  write_text(out, mode_text(peer.required_mode));
  out << EndMap;
  Settings values;
  values.retry = peer.reconnect;
  write_section(out, "retry", "reconnect", values);
  out << EndMap;
}

void write_peers(YAML::Emitter& out, const Settings& settings) {
  out << Key << "feedback" << Value;
  if (settings.feedback.empty()) out << Flow;
  out << BeginSeq;
  for (const feedback::PeerSettings& peer : settings.feedback) write_peer(out, peer);
  out << EndSeq;
}

// Whether it belongs to the other provider.
bool is_idle(const ScalarSetting& setting, const Settings& settings) {
  const std::string_view first = std::string_view(setting.key).substr(0, setting.key.find('.'));
  return (first == "local" || first == "kubernetes") && first != settings.provider;
}

bool is_within(const std::string& section, const std::string& outer) {
  return outer.empty() || section == outer || section.starts_with(outer + ".");
}

// Closes maps and opens others, so that what is written next belongs to `section`.
void enter(YAML::Emitter& out, std::string& open, const std::string& section) {
  while (!is_within(section, open)) {
    out << EndMap;
    const std::size_t dot = open.rfind('.');
    open.resize(dot == std::string::npos ? 0 : dot);
  }
  while (open != section) {
    const std::size_t begin = open.empty() ? 0 : open.size() + 1;
    const std::size_t end = std::min(section.find('.', begin), section.size());
    out << Key << section.substr(begin, end - begin) << Value << BeginMap;
    open = section.substr(0, end);
  }
}

}  // namespace

std::string effective_yaml(const Settings& settings) {
  // Copied for each workload: without the list of them.
  Settings globals = settings;
  globals.local.workloads.clear();
  YAML::Emitter out;
  out << BeginMap;
  std::string open;  // the section whose map is
  for (const ScalarSetting& setting : scalar_settings()) {
    if (is_idle(setting, settings)) continue;
    enter(out, open, std::string(setting.section()));
    write_scalar(out, setting, settings);
    if (setting.key == "listen") {
      out << Key << "listen_hosts" << Value;
      write_list(out, settings.listen_hosts);
    }
  }
  enter(out, open, settings.provider);
  if (settings.provider == "local") {
    write_local_lists(out, settings, globals);
  } else {
    write_kubernetes_lists(out, settings);
  }
  enter(out, open, "");
  write_peers(out, settings);
  out << EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace ebbgate::configuration
