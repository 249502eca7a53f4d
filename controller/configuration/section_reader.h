#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/configuration/map_reader.h"
#include "controller/settings.h"

namespace ebbgate::configuration {

/// Reads sections of scalar settings that stand within an item of a list, where they say what holds
/// for that item alone.
class SectionReader {
 public:
  /// `values` hold where nothing is given. Both references must outlive the reader.
  SectionReader(const MapReader& item, const Settings& values, Problems& problems)
      : item_(item), problems_(problems), values_(values) {}

  /// Reads the section `section`, which the item calls `key`; not the settings of
  /// `others_business`.
  void read(const std::string& section, const std::string& key,
            const std::vector<std::string>& others_business = {});
  const Settings& values() const { return values_; }

  /// Reports what a validate() says of values(), unless nothing of it was given here, or something
  /// that it has to do with could not be read.
  void report(const std::vector<std::string>& messages);

 private:
  std::string path_of(const std::string& setting) const;

  const MapReader& item_;
  Problems& problems_;
  Settings values_;
  std::map<std::string, std::string> keys_;  // of the sections that were read
  std::map<std::string, int> lines_;         // of the settings that are given
  std::set<std::string> unreadable_;
};

}  // namespace ebbgate::configuration
