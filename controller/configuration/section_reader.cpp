#include "controller/configuration/section_reader.h"

#include <algorithm>

#include "controller/configuration/misfit.h"
#include "controller/configuration/scalar_settings.h"

namespace ebbgate::configuration {

namespace {

// Calls a section by another name.
std::string renamed(std::string text, std::string from, std::string to) {
  from += '.';
  to += '.';
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

void SectionReader::read(const std::string& section, const std::string& key,
                         const std::vector<std::string>& others_business) {
  const Entry entry = item_.find(key);
  if (!entry) return;
  keys_[section] = key;
  std::vector<const ScalarSetting*> settings;
  std::vector<std::string> known;
  for (const ScalarSetting& setting : scalar_settings()) {
    if (setting.section() != section ||
        std::ranges::find(others_business, setting.key) != others_business.end()) {
      continue;
    }
    settings.push_back(&setting);
    known.emplace_back(setting.name());
  }
  const MapReader map(entry, item_.path_of(key), known, problems_);
  for (const ScalarSetting* setting : settings) {
    const Entry value = map.find(setting->name());
    if (!value) continue;
    lines_[setting->key] = value.line;
    if (!map.read(setting->name(), setting->read, values_)) unreadable_.insert(setting->key);
  }
}

void SectionReader::report(const std::vector<std::string>& messages) {
  for (const std::string& message : messages) {
    const Misfit misfit(message);
    const std::string blamed =
        misfit.to_blame([&](const std::string& key) { return lines_.contains(key); });
    const bool unreadable =
        !misfit.to_blame([&](const std::string& key) { return unreadable_.contains(key); }).empty();
    if (blamed.empty() || unreadable) continue;
    std::string text = misfit.message_for(blamed, values_);
    for (const auto& [section, key] : keys_) {
      if (section != key) text = renamed(std::move(text), section, key);
    }
    problems_.in_file(lines_.at(blamed), path_of(blamed), text);
  }
}

std::string SectionReader::path_of(const std::string& setting) const {
  const std::size_t dot = setting.rfind('.');
  return item_.path_of(keys_.at(setting.substr(0, dot)) + setting.substr(dot));
}

}  // namespace ebbgate::configuration
