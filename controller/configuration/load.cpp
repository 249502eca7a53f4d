#include "controller/configuration/load.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "controller/configuration/addresses.h"
#include "controller/configuration/document.h"
#include "controller/configuration/file.h"
#include "controller/configuration/kubernetes_reader.h"
#include "controller/configuration/map_reader.h"
#include "controller/configuration/misfit.h"
#include "controller/configuration/nearest.h"
#include "controller/configuration/paths.h"
#include "controller/configuration/peer_reader.h"
#include "controller/configuration/scalar_settings.h"
#include "controller/configuration/word_list.h"
#include "controller/configuration/workload_reader.h"

namespace ebbgate::configuration {

namespace {

constexpr std::string_view kVariablePrefix = "EBBGATE_";
// Settings that are lists, by their whole keys.
constexpr std::array kLists = {"listen_hosts",          "local.ignore",     "local.workloads",
                               "kubernetes.namespaces", "kubernetes.honor", "feedback"};

class Loader {
 public:
  explicit Loader(const Source& source)
      : source_(source), problems_(source.file ? source.file->string() : "") {}

  LoadResult load() {
    find_folder();
    const std::string error = read_document();
    if (document_.root != nullptr) read_root();
    read_variables();
    read_flags();
    const std::vector<std::string> misfits = check_values();
    if (document_.root != nullptr) read_lists(misfits);
    resolve_paths();
    result_.errors = problems_.texts();
    result_.log = settings_.log;
    if (!folder_.is_absolute()) {
      result_.errors.emplace_back(
          "the working directory cannot be told; start Ebbgate in one that exists, or name the "
          "configuration file by its absolute path");
    }
    if (!error.empty()) result_.errors.insert(result_.errors.begin(), error);
    if (result_.errors.empty()) {
      warn_of_workloads();
      warn_of_budget();
      bound_warnings();
      result_.settings = std::move(settings_);
    }
    return std::move(result_);
  }

 private:
  // What is wrong with the file as a whole.
  std::string read_document() {
    if (!source_.file) return {};
    const std::string name = source_.file->string();
    const FileContent content = read_file(folder_ / source_.file->filename());
    if (!content.error.empty())
      return name + ": " + content.error + "; " +
             (source_.again ? content.remedy_again : content.remedy);
    DocumentResult parsed = parse_document(content.text);
    if (parsed.error) {
      return name + ":" + std::to_string(parsed.error->line) + ": " + parsed.error->message;
    }
    document_ = std::move(parsed.document);
    if (document_.root == nullptr || document_.root->kind == Node::Kind::nothing) {
      document_.root = nullptr;
    } else if (document_.root->kind != Node::Kind::map) {
      const std::string kind(document_.root->kind_name());
      const int line = document_.root->line;
      document_.root = nullptr;
      return name + ":" + std::to_string(line) + ": the file holds " + kind +
             "; write a map of settings, such as listen: 127.0.0.1:9911";
    }
    return {};
  }

  void read_root() {
    std::vector<std::string> others;
    for (const ScalarSetting& setting : scalar_settings()) others.push_back(setting.key);
    const MapReader root({document_.root, document_.root->line}, "", keys_of(""), problems_,
                         others);
    // Better words for keys that are no plain mistakes.
    for (const ScalarSetting& setting : scalar_settings()) {
      if (setting.section().empty() || !root.find(setting.key)) continue;
      root.problem(setting.key,
                   "is no key of its own; write " + nested(setting.section(), setting.name()));
    }
    read_section(root, "");
  }

  // `backoff: {max: …}`.
  static std::string nested(std::string_view section, std::string_view name) {
    std::string text(section);
    text.append(": {").append(name).append(": …}");
    const std::size_t dot = section.find('.');
    if (dot != std::string_view::npos) text.replace(dot, 1, ": {").append("}");
    return text;
  }

  // What may stand in a section, `section` being its whole key.
  static std::vector<std::string> keys_of(const std::string& section) {
    const std::string prefix = section.empty() ? "" : section + ".";
    std::vector<std::string> keys;
    const auto add = [&](const std::string& key) {
      if (!key.starts_with(prefix)) return;
      std::string name = key.substr(prefix.size());
      name = name.substr(0, name.find('.'));
      if (std::ranges::find(keys, name) == keys.end()) keys.push_back(name);
    };
    for (const ScalarSetting& setting : scalar_settings()) add(setting.key);
    for (const char* list : kLists) add(list);
    return keys;
  }

  void read_section(const MapReader& map, const std::string& section) {
    for (const std::string& name : keys_of(section)) {
      const std::string key = map.path_of(name);
      const Entry entry = map.find(name);
      if (!entry) continue;
      if (std::ranges::find(kLists, key) != kLists.end()) {
        lists_[key] = entry;
      } else if (std::ranges::find(scalar_settings(), key, &ScalarSetting::key) !=
                 scalar_settings().end()) {
        read_scalar(map, name);
      } else {
        read_section(MapReader(entry, key, keys_of(key), problems_), key);
      }
    }
  }

  void read_scalar(const MapReader& map, const std::string& name) {
    const std::string key = map.path_of(name);
    const auto setting = std::ranges::find(scalar_settings(), key, &ScalarSetting::key);
    const Entry entry = map.find(name);
    if (setting == scalar_settings().end() || !entry) return;
    places_[key] = {Place::Kind::file, entry.line};
    if (!map.read(name, setting->read, settings_)) unreadable_.insert(key);
  }

  void read_text(const ScalarSetting& setting, const std::string& text, Place::Kind kind) {
    places_[setting.key] = {kind, 0};
    if (const Problem wrong = setting.read(text, settings_)) {
      problems_.add(places_[setting.key], setting.key, *wrong);
      unreadable_.insert(setting.key);
    }
  }

  void read_variables() {
    for (const ScalarSetting& setting : scalar_settings()) {
      const auto variable = source_.environment.find(variable_name(setting.key));
      if (variable == source_.environment.end()) continue;
      read_text(setting, variable->second, Place::Kind::variable);
    }
  }

  void read_flags() {
    for (const auto& [key, text] : source_.flags) {
      const auto setting = std::ranges::find(scalar_settings(), key, &ScalarSetting::key);
      if (setting == scalar_settings().end()) {
        problems_.add({Place::Kind::flag, 0}, key, "is an unknown setting; see ebbgate run --help");
      } else {
        read_text(*setting, text, Place::Kind::flag);
      }
    }
  }

  void warn_of_workloads() {
    const bool is_local = settings_.provider == "local";
    if (is_local && settings_.local.workloads.empty()) {
      result_.warnings.emplace_back(
          "local.workloads: is empty, so nothing is ever updated; list workloads in the "
          "configuration file");
    } else if (!is_local && !settings_.local.workloads.empty()) {
      result_.warnings.push_back("local.workloads: does nothing with provider: " +
                                 settings_.provider + "; remove it, or write provider: local");
    }
  }

  void warn_of_budget() {
    const std::string key = "budget.rate";
    if (settings_.budget.rate != 0.0) return;
    result_.warnings.push_back(problems_.at(places_[key], key) +
                               ": is 0, so that no update goes out until it is raised; 1 lets one "
                               "go each second");
  }

  void bound_warnings() {
    if (result_.warnings.size() <= kMostProblems) return;
    const std::size_t more = result_.warnings.size() - kMostProblems;
    result_.warnings.resize(kMostProblems);
    result_.warnings.push_back("there are " + std::to_string(more) + " more warnings");
  }

  void find_folder() {
    namespace fs = std::filesystem;
    std::error_code error;
    folder_ =
        source_.working_directory.empty() ? fs::current_path(error) : source_.working_directory;
    if (source_.file) folder_ = (folder_ / *source_.file).parent_path();
  }

  // What validate() says of the global values.
  std::vector<std::string> check_values() {
    std::vector<std::string> messages = governor::validate(settings_.backoff, settings_.settle);
    for (std::string& message :
         governor::validate(settings_.budget, settings_.unfinished, settings_.retry)) {
      messages.push_back(std::move(message));
    }
    for (std::string& message : validate(settings_.kubernetes)) {
      messages.push_back(std::move(message));
    }
    for (const std::string& message : messages) {
      const Misfit misfit(message);
      const auto is_given = [&](const std::string& key) { return places_.contains(key); };
      const auto is_unreadable = [&](const std::string& key) { return unreadable_.contains(key); };
      const std::string blamed = misfit.to_blame(is_given);
      if (blamed.empty() || !misfit.to_blame(is_unreadable).empty()) continue;
      problems_.add(places_[blamed], blamed, misfit.message_for(blamed, settings_));
    }
    return messages;
  }

  void read_lists(const std::vector<std::string>& misfits) {
    if (const Entry list = lists_["listen_hosts"]) {
      settings_.listen_hosts = read_words(list, "listen_hosts", problems_, check_host_name);
    }
    if (const Entry list = lists_["local.ignore"]) read_ignore(list);
    if (const Entry list = lists_["kubernetes.namespaces"]) {
      settings_.kubernetes.namespaces = read_namespaces(list, problems_);
    }
    if (const Entry list = lists_["kubernetes.honor"]) {
      read_honor(list, problems_, settings_.kubernetes);
    }
    if (const Entry list = lists_["feedback"]) {
      settings_.feedback = PeerReader(folder_, problems_, result_.paths).read(list);
    }
    if (const Entry list = lists_["local.workloads"]) {
      std::vector<NamedPath> paths;
      WorkloadReader reader(folder_, settings_, misfits, problems_, result_.warnings, paths);
      settings_.local.workloads = reader.read(list);
      if (settings_.provider == "local") {
        result_.paths.insert(result_.paths.end(), paths.begin(), paths.end());
      }
    }
  }

  void read_ignore(const Entry& list) {
    const std::string path = "local.ignore";
    settings_.local.ignore.clear();
    const auto& items = MapReader::list(list, path, problems_);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Entry item{items[i], items[i]->line};
      const std::string* text = MapReader::scalar(item, item_path(path, i), problems_);
      if (text == nullptr) continue;
      std::string glob;
      if (const Problem wrong = read_glob(*text, glob)) {
        problems_.in_file(item.line, item_path(path, i), *wrong);
      }
      settings_.local.ignore.push_back(glob);
    }
  }

  void resolve_paths() {
    settings_.database = resolved(folder_, settings_.database);
    resolve_admin_socket();
    std::string& kubeconfig = settings_.kubernetes.kubeconfig;
    if (!kubeconfig.empty()) kubeconfig = resolved(folder_, kubeconfig);
  }

  void resolve_admin_socket() {
    const std::string key = "admin_socket";
    if (settings_.admin_socket.empty()) return;
    settings_.admin_socket =
        resolved(std::filesystem::path(settings_.database).parent_path(), settings_.admin_socket);
    const std::string wrong = socket_path_problem(settings_.admin_socket, kLongestOwnSocketPath);
    if (wrong.empty()) {
      const bool usual = settings_.admin_socket == usual_admin_socket(settings_.database);
      return result_.paths.push_back(
          {usual ? NamedPath::Kind::usual_admin_socket : NamedPath::Kind::admin_socket,
           problems_.at(places_[key], key), settings_.admin_socket});
    }
    if (places_.contains(key)) return problems_.add(places_[key], key, wrong);
    result_.warnings.push_back(key + ": is off, so `ebbgate release` does not work: " + wrong);
    settings_.admin_socket.clear();
  }

  const Source& source_;
  Problems problems_;
  LoadResult result_;
  Settings settings_;
  Document document_;
  std::map<std::string, Entry> lists_;  // of kLists, those that are given
  std::filesystem::path folder_;
  std::map<std::string, Place> places_;  // of the values in force
  std::set<std::string> unreadable_;
};

}  // namespace

LoadResult load(const Source& source) {
  return Loader(source).load();
}

std::vector<std::filesystem::path> usual_files() {
  return {"ebbgate.yaml", "/etc/ebbgate/ebbgate.yaml"};
}

std::optional<std::filesystem::path> find_file(const std::vector<std::filesystem::path>& files,
                                               const std::filesystem::path& working_directory) {
  std::vector<std::filesystem::path> paths;
  paths.reserve(files.size());
  for (const auto& file : files) paths.push_back(working_directory / file);
  const auto found = first_that_exists(paths);
  if (!found) return std::nullopt;
  return files[static_cast<std::size_t>(std::ranges::find(paths, *found) - paths.begin())];
}

std::map<std::string, std::string> ebbgate_variables(const char* const* variables) {
  std::map<std::string, std::string> result;
  for (; variables != nullptr && *variables != nullptr; ++variables) {
    const std::string_view variable = *variables;
    const std::size_t equals = variable.find('=');
    if (!variable.starts_with(kVariablePrefix) || equals == std::string_view::npos) continue;
    result.try_emplace(std::string(variable.substr(0, equals)), variable.substr(equals + 1));
  }
  return result;
}

}  // namespace ebbgate::configuration
